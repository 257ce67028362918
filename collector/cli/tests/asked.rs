//! Who is asked and cannot answer is told how to.

use std::{
    fs,
    process::{Command, Stdio},
};

#[test]
fn without_a_terminal_and_without_input_a_login_says_how_to_answer() {
    let home = tempfile::tempdir().unwrap();
    let root = home.path().join("root.crt");
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(&root, made.cert.pem()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_dogwatch"));
    command.args(["login", "https://localhost:1", "--person", "kim", "--ca-file"]).arg(&root);
    let done = command.env("DOGWATCH_CONFIG_DIR", home.path()).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(2), "{said}");
    assert!(said.contains("there is no terminal") && said.contains("a line of standard input"), "{said}");
}
