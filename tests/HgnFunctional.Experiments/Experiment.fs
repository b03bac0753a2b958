namespace HgnFunctional.Experiments

/// One entry of a table, or one setting.
type Value =
    | Text of string
    | Count of int64
    | Number of float

/// A table of results.
type Table =
    {
        /// Part of file names: lower-case letters and hyphens.
        Name: string
        /// One line above the table.
        Title: string
        /// A column that holds a time has the word "seconds" in its name: only such columns may differ between runs.
        Columns: string list
        /// As many entries in each row as there are columns.
        Rows: Value list list
    }

/// A picture of numbers above 0 on logarithmic axes.
type Chart =
    {
        /// Part of a file name: lower-case letters and hyphens.
        Name: string
        Title: string
        X: string
        Y: string
        /// Lines by name; points that are not above 0 are left out.
        Series: (string * (float * float) list) list
    }

/// What an experiment found.
type Findings =
    {
        /// Everything that the figures depend on, by name.
        Settings: (string * Value) list
        Tables: Table list
        Charts: Chart list
        /// Sentences that say how to read the tables, and where we are worse or cannot tell. No figures of a run in them:
        /// those belong to tables.
        Remarks: string list
    }

/// A section of docs/RESULTS.md. To add one, write a file with a value of this type and name it in `all` in Main.fs.
[<NoEquality; NoComparison>]
type Experiment =
    {
        /// What the command line calls it; also the name of its files.
        Name: string
        /// The section's heading.
        Title: string
        /// Runs it; quick runs use smaller settings. Fixed seeds, progress on standard error.
        Run: bool -> Findings
    }

/// Entries of tables.
[<RequireQualifiedAccess>]
module Value =

    let private invariant = System.Globalization.CultureInfo.InvariantCulture

    /// An entry from an int.
    let count (number: int) : Value = Count(int64 number)

    /// For a table on a page: two significant digits.
    let toCell (value: Value) : string =
        match value with
        | Text text -> text
        | Count number -> number.ToString invariant
        | Number number -> Page.number number

    /// For a setting: as it was written.
    let toSetting (value: Value) : string =
        match value with
        | Number number -> number.ToString("G6", invariant)
        | other -> toCell other

    /// With all digits.
    let toText (value: Value) : string =
        match value with
        | Number number -> number.ToString("R", invariant)
        | other -> toCell other
