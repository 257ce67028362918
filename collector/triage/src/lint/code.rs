//! The rules by their stable codes, and why each of them matters.

use dogwatch_model::text_enum;

text_enum! {
    /// Which rule found it.
    pub enum Code {
        /// The document is no matrix.
        Invalid = "invalid",
        /// Hours in which no row is responsible.
        Gap = "gap",
        /// Two rows for the same thing at the same time, and different people.
        Overlap = "overlap",
        /// A row or a tool with no or several accountable ones.
        NotOneAccountable = "not-one-accountable",
        /// A row that never wins.
        Shadowed = "shadowed",
        /// A row that selects nothing there is.
        MatchesNothing = "matches-nothing",
        /// A row that selects everything.
        TooBroad = "too-broad",
        /// Hours in which nobody of the responsible team is on duty.
        NobodyOnDuty = "nobody-on-duty",
        /// Somebody is named who is not to be called.
        DisabledPerson = "disabled-person",
        /// Somebody is to be called whose contact nobody has tried.
        UnverifiedPerson = "unverified-person",
        /// Access that the work needs and nobody has.
        MissingAccess = "missing-access",
        /// Access that ends before people look at the row again.
        AccessEnds = "access-ends",
        /// A chain or a line of deputies that comes back to where it was.
        EscalationCycle = "escalation-cycle",
        /// A step that reaches nobody.
        EscalationDeadEnd = "escalation-dead-end",
        /// A chain that is slower than what is promised.
        EscalationSlow = "escalation-slow",
        /// The vendor is next, and nobody knows how to reach it.
        VendorWithoutContact = "vendor-without-contact",
        /// A tool with no or two owners.
        ToolOwner = "tool-owner",
        /// Two tools for one function.
        SameFunction = "same-function",
        /// Neighbouring tools of which no rule says who leads.
        NoBoundaryRule = "no-boundary-rule",
        /// Nobody acts when the responsible team does not.
        NoBackup = "no-backup",
        /// The backup is the responsible team itself.
        SameBackup = "same-backup",
        /// Not both sides have signed.
        Unsigned = "unsigned",
        /// The text changed after both sides signed.
        ChangedAfterSignature = "changed-after-signature",
        /// Nobody has looked at it for long.
        ReviewOverdue = "review-overdue",
        /// More than people can keep in mind.
        TooComplex = "too-complex",
        /// A skill that nobody of the responsible team has.
        SkillMissing = "skill-missing",
        /// Somebody is to be told and cannot be.
        NoChannel = "no-channel",
        /// The catch-all takes too much.
        CatchAllBusy = "catch-all-busy",
        /// Somebody stood in, and does not any more.
        DeputyExpired = "deputy-expired",
        /// One date has several rules.
        HolidayTwice = "holiday-twice",
    }
}

impl Code {
    /// Why it hurts, in one sentence without a stop.
    pub const fn why(self) -> &'static str {
        match self {
            Self::Invalid => "a document with a fault routes nothing",
            Self::Gap => {
                "what happens then has no first responder and waits for the catch-all or the last resort"
            }
            Self::Overlap => "both believe that it is theirs, or that it is the other's",
            Self::NotOneAccountable => "what several answer for, nobody answers for",
            Self::Shadowed => "people read a rule that never holds",
            Self::MatchesNothing => "people read a rule that never holds",
            Self::TooBroad => "what nobody thought of is hidden by it instead of showing up in the catch-all",
            Self::NobodyOnDuty => "alerts of those hours go to a team of which nobody is there",
            Self::DisabledPerson => "calls to them are lost time",
            Self::UnverifiedPerson => "a wrong number shows itself in the night in which it is needed",
            Self::MissingAccess => "who acts first cannot act",
            Self::AccessEnds => "who acts first will not be able to act, and nobody will have noticed",
            Self::EscalationCycle => "it comes back to those who did not take it",
            Self::EscalationDeadEnd => "the step takes its time and reaches nobody",
            Self::EscalationSlow => "the promise is broken before the next one even hears of it",
            Self::VendorWithoutContact => "the number is looked for while the clock runs",
            Self::ToolOwner => "nobody looks after it, or two do and differ",
            Self::SameFunction => "nobody knows which of them is the one that counts",
            Self::NoBoundaryRule => {
                "a cause in one and a symptom in the other become two cases and a quarrel"
            }
            Self::NoBackup => "when they do not take it, only the last resort is left",
            Self::SameBackup => "when they do not take it, it is handed to them",
            Self::Unsigned => "one side may not know what it is held to",
            Self::ChangedAfterSignature => "what holds is not what both agreed to",
            Self::ReviewOverdue => "people, tools and hours have changed since",
            Self::TooComplex => "nobody can say from memory whose it is",
            Self::SkillMissing => "who acts first does not know how",
            Self::NoChannel => "they learn of it from the other side, late",
            Self::CatchAllBusy => "what keeps happening deserves a row with people who know it",
            Self::DeputyExpired => "people believe that somebody stands in",
            Self::HolidayTwice => {
                "one of the two was meant for another date, or holds without anybody knowing"
            }
        }
    }
}
