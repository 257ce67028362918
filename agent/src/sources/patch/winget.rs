//! winget: applications with a newer version in Microsoft's community repository.
//!
//! It prints a table for people: the titles are translated, the columns are as wide as the longest entry, and a name that
//! is too long ends in `…`. So columns are found by where the titles stand, whatever they say. Run as SYSTEM it sees what
//! is installed for the machine; what users installed for themselves it cannot see, which makes the answer partial.

use std::path::PathBuf;

use dogwatch_model::Update;

use super::{
    ground::{Ground, ScanError, name},
    scan::Scan,
};

/// `APPINSTALLER_CLI_ERROR_NO_APPLICATIONS_FOUND` and `…_UPDATE_NOT_APPLICABLE`: there is nothing.
const NOTHING: [i32; 2] = [0x8A15_0014_u32.cast_signed(), 0x8A15_002B_u32.cast_signed()];
/// The source that needs nobody's agreement, in one table, with versions it cannot compare, and without questions.
const ARGUMENTS: [&str; 5] =
    ["upgrade", "--source", "winget", "--include-unknown", "--disable-interactivity"];

/// Where it is. It belongs to each user; SYSTEM finds it only in the folder of its package.
pub(super) fn program() -> Option<PathBuf> {
    if !cfg!(windows) {
        return None;
    }
    let folder = PathBuf::from(std::env::var_os("ProgramFiles")?).join("WindowsApps");
    let package =
        |name: &str| name.starts_with("Microsoft.DesktopAppInstaller_") && name.ends_with("__8wekyb3d8bbwe");
    let packages = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let programs =
        packages.filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(package));
    programs.map(|path| path.join("winget.exe")).filter(|path| path.is_file()).max()
}

/// Asks it.
pub(super) async fn scan(ground: &Ground) -> Scan {
    let warning = Some("what users installed for themselves is not seen".to_owned());
    Scan { warning, ..Scan::from(updates(ground).await) }
}

async fn updates(ground: &Ground) -> Result<Vec<Update>, ScanError> {
    let program = program().ok_or_else(|| ScanError::Unsupported("winget is gone".into()))?;
    let output = ground.run(&program.display().to_string(), &ARGUMENTS).await?;
    if output.code.is_some_and(|code| NOTHING.contains(&code)) {
        return Ok(Vec::new());
    }
    parse(&super::ground::said("winget", output)?)
}

/// Every table of the output. Without one there has to be a sentence that says so, and that is translated: taken as none.
fn parse(text: &str) -> Result<Vec<Update>, ScanError> {
    let lines: Vec<&str> = text.lines().map(drawn).collect();
    let rules: Vec<usize> = (1..lines.len()).filter(|&at| is_rule(lines[at])).collect();
    let mut updates = Vec::new();
    for (number, &rule) in rules.iter().enumerate() {
        let columns = starts(lines[rule - 1]);
        if columns.len() < 4 {
            let detail = format!("a table of {} columns", columns.len());
            return Err(ScanError::Garbled { tool: "winget", detail });
        }
        // The line above the next rule is that table's titles.
        let end = rules.get(number + 1).map_or(lines.len(), |next| next - 1);
        // Two rules in a row leave no lines between.
        let rows = lines.get(rule + 1..end).unwrap_or_default();
        updates.extend(rows.iter().map_while(|row| update(row, &columns)));
    }
    Ok(updates)
}

/// What is left on the screen of a line that was drawn over.
fn drawn(line: &str) -> &str {
    line.trim_end().rsplit('\r').next().unwrap_or_default()
}

fn is_rule(line: &str) -> bool {
    line.len() >= 10 && line.chars().all(|letter| letter == '-')
}

/// A row: name, id, version, available. None for a sentence under the table.
fn update(row: &str, columns: &[usize]) -> Option<Update> {
    let cell = |number: usize| cell(row, columns[number], columns.get(number + 1).copied());
    let (title, id, installed, available) = (cell(0), cell(1), cell(2), cell(3));
    // Ids have no spaces, and a row has all four.
    if [&title, &id, &installed, &available].iter().any(|text| text.is_empty()) || id.contains(' ') {
        return None;
    }
    Some(Update {
        title: Some(name(&title)),
        installed: installed.chars().any(|letter| letter.is_ascii_digit()).then(|| name(&installed)),
        available: Some(name(&available)),
        ..Update::missing("winget", &name(&id))
    })
}

/// The columns of the screen where the words of the titles begin.
fn starts(titles: &str) -> Vec<usize> {
    let mut starts = Vec::new();
    let (mut at, mut before) = (0, ' ');
    for letter in titles.chars() {
        if before == ' ' && letter != ' ' {
            starts.push(at);
        }
        at += width(letter);
        before = letter;
    }
    starts
}

/// What stands between two columns of the screen.
fn cell(row: &str, from: usize, to: Option<usize>) -> String {
    let mut at = 0;
    let mut text = String::new();
    for letter in row.chars() {
        if at >= from && to.is_none_or(|to| at < to) {
            text.push(letter);
        }
        at += width(letter);
    }
    text.trim().to_owned()
}

/// Columns of the screen that a letter takes: two for the scripts of East Asia.
const fn width(letter: char) -> usize {
    match letter as u32 {
        0x1100..=0x115F
        | 0x2E80..=0xA4CF
        | 0xAC00..=0xD7A3
        | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F
        | 0xFF00..=0xFF60
        | 0xFFE0..=0xFFE6
        | 0x1F300..=0x1F64F
        | 0x20000..=0x3FFFD => 2,
        _ => 1,
    }
}

/// The face of the parser in the table of parsers.
pub(in crate::sources) fn survives(text: &str) {
    let _ = parse(text);
    let _ = parse(&format!("A    B    C    D    E\n----------\n{text}\n----------"));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the form of winget 1.6 to 1.9, after its documentation and public transcripts.
    const ENGLISH: &str = "   - \r   \\ \r                    \rName                  Id                  Version  Available Source\n\
        ------------------------------------------------------------------\n\
        Mozilla Firefox (x64) Mozilla.Firefox     126.0    127.0     winget\n\
        Some Very Long Name … Vendor.Tool         Unknown  2.1       winget\n\
        2 upgrades available.\n\n\
        The following packages have an upgrade available, but require explicit targeting for upgrade:\n\
        Name Id           Version Available Source\n\
        ------------------------------------------\n\
        Zoom Zoom.Zoom    6.0.0   6.1.1     winget\n";
    const GERMAN: &str = "Name            ID              Version Verfügbar Quelle\n\
        -------------------------------------------------------\n\
        Überall Büro    Firma.Buero     1.0     1.1       winget\n\
        1 Aktualisierungen verfügbar.\n";
    const JAPANESE: &str = "名前         ID         バージョン 利用可能 ソース\n\
        ---------------------------------------------------\n\
        一太郎 2024  Just.Taro  1.0        1.1      winget\n";

    #[test]
    fn rows_of_every_table_are_read_and_sentences_are_not() {
        let updates = parse(ENGLISH).unwrap();
        let told: Vec<_> = updates
            .iter()
            .map(|update| (update.id.as_str(), update.installed.as_deref(), update.available.as_deref()))
            .collect();
        let expected = [
            ("winget:Mozilla.Firefox", Some("126.0"), Some("127.0")),
            ("winget:Vendor.Tool", None, Some("2.1")),
            ("winget:Zoom.Zoom", Some("6.0.0"), Some("6.1.1")),
        ];
        assert_eq!(told, expected);
    }

    /// Recorded: published in microsoft/winget-cli#5753 and #4912, winget 1.8 to 1.11.
    const RECORDED: &str = "\
Name                                   Id                                            Version                Available            Source\n\
---------------------------------------------------------------------------------------------------------------------------------------\n\
NVM for Windows 1.1.12                 CoreyButler.NVMforWindows                     1.1.12                 1.2.2                winget\n\
Go Programming Language amd64 go1.24.1 GoLang.Go                                     1.24.1                 1.25.1               winget\n\
Visual Studio Build Tools 2019         Microsoft.VisualStudio.2019.BuildTools        16.11.47               16.11.50             winget\n";
    const RECORDED_UNKNOWN: &str = "\nName                     Id          Version  Available Source\n\
        --------------------------------------------------------------\n\
        HDSDR 2.81               DG0JBJ.HDSDR Unknown 2.81-b9   winget\n\n3 upgrades available.\n";

    #[test]
    fn recorded_tables_are_read() {
        let updates = parse(RECORDED).unwrap();
        let told: Vec<_> =
            updates.iter().map(|update| (update.id.as_str(), update.available.as_deref())).collect();
        let expected = [
            ("winget:CoreyButler.NVMforWindows", Some("1.2.2")),
            ("winget:GoLang.Go", Some("1.25.1")),
            ("winget:Microsoft.VisualStudio.2019.BuildTools", Some("16.11.50")),
        ];
        assert_eq!(told, expected);
        assert_eq!(updates[1].title.as_deref(), Some("Go Programming Language amd64 go1.24.1"));
        let [radio] = &parse(RECORDED_UNKNOWN).unwrap()[..] else { panic!("one row") };
        assert_eq!((radio.installed.as_deref(), radio.available.as_deref()), (None, Some("2.81-b9")));
    }

    #[test]
    fn columns_are_where_the_titles_stand_in_any_language() {
        let german = parse(GERMAN).unwrap();
        assert_eq!((german.len(), german[0].id.as_str()), (1, "winget:Firma.Buero"));
        assert_eq!(german[0].title.as_deref(), Some("Überall Büro"));
        let japanese = parse(JAPANESE).unwrap();
        assert_eq!(
            (japanese[0].id.as_str(), japanese[0].available.as_deref()),
            ("winget:Just.Taro", Some("1.1"))
        );
    }

    #[test]
    fn two_rules_in_a_row_are_garbled() {
        let text = "Name Id Version Available\n----------\n----------\nFoo Foo.Foo 1 2\n";
        assert!(matches!(parse(text), Err(ScanError::Garbled { .. })));
    }

    #[test]
    fn no_table_is_nothing_and_a_strange_one_is_garbled() {
        assert_eq!(parse("No installed package found matching input criteria.\n").unwrap(), []);
        assert!(matches!(parse("Name Id\n----------\na b\n"), Err(ScanError::Garbled { .. })));
    }
}
