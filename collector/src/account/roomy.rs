//! Argon2 whose memory goes back to the system with each hash.
//!
//! An allocator that keeps what was freed keeps a hash's 19 MiB once for each thread that ever made one: the GNU one takes
//! blocks of up to 32 MiB from its own heaps after the first was freed, and has eight heaps for each processor. A larger
//! block it always takes from the system, and gives it back at once. So we ask for more than we use: pages that nobody
//! touches cost nothing.

use argon2::{
    Algorithm, Argon2, Block, Params, PasswordHash, PasswordHasher, Version,
    password_hash::{self, Decimal, Ident, Output, ParamsString, Salt},
};

/// What no allocator keeps, in blocks: more than the 32 MiB up to which the GNU one may.
const LEAST_BLOCKS: usize = 33 * 1024 * 1024 / Block::SIZE;

/// Argon2 over memory of its own.
#[derive(Debug, Clone)]
pub(super) struct Roomy(pub(super) Argon2<'static>);

impl Roomy {
    fn fill(&self, password: &[u8], salt: &[u8], out: &mut [u8]) -> argon2::Result<()> {
        let used = self.0.params().block_count();
        let mut memory = Vec::with_capacity(used.max(LEAST_BLOCKS));
        memory.resize(used, Block::new());
        self.0.hash_password_into_with_memory(password, salt, out, &mut memory)
    }
}

impl PasswordHasher for Roomy {
    type Params = Params;

    fn hash_password<'a>(
        &self,
        password: &[u8],
        salt: impl Into<Salt<'a>>,
    ) -> password_hash::Result<PasswordHash<'a>> {
        let salt = salt.into();
        let mut bytes = [0; Salt::MAX_LENGTH];
        let bytes = salt.decode_b64(&mut bytes)?;
        let params = self.0.params();
        let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
        let output = Output::init_with(length, |out| Ok(self.fill(password, bytes, out)?))?;
        Ok(PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(params)?,
            salt: Some(salt),
            hash: Some(output),
        })
    }

    /// As a kept password says that it was hashed: the parameters may have been others then.
    fn hash_password_customized<'a>(
        &self,
        password: &[u8],
        algorithm: Option<Ident<'a>>,
        version: Option<Decimal>,
        params: Params,
        salt: impl Into<Salt<'a>>,
    ) -> password_hash::Result<PasswordHash<'a>> {
        if algorithm.is_some_and(|one| one != Algorithm::Argon2id.ident()) {
            return Err(password_hash::Error::Algorithm);
        }
        if version.is_some_and(|one| one != u32::from(Version::V0x13)) {
            return Err(password_hash::Error::Version);
        }
        Self(Argon2::new(Algorithm::Argon2id, Version::V0x13, params)).hash_password(password, salt)
    }
}
