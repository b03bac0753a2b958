namespace HgnFunctional.IO

open System
open System.IO

/// What a file is, by what it holds.
type FileKind =
    /// A LAMMPS text dump: it begins with `ITEM:`.
    | DumpKind
    /// Extended XYZ: a line with a number, and one of keys.
    | ExtxyzKind
    /// A model: it begins with a JSON object.
    | ModelKind
    /// A LAMMPS data file, or anything else: its title may be any text.
    | DataKind

/// Recognition of files. A byte order mark, blanks and empty lines at the start do not count, and neither do names: what gzip
/// compressed is inflated first.
[<RequireQualifiedAccess>]
module FileKind =

    /// As much of a file as is looked at.
    let private letters = 1 <<< 16

    let private startsWith (word: string) (text: ReadOnlySpan<char>) : bool = text.StartsWith(word.AsSpan(), StringComparison.Ordinal)

    /// A number of atoms, and below it a line of keys or of whatever xyz files have there, and a line of an atom.
    let private isXyz (text: ReadOnlySpan<char>) : bool =
        let lines = text.ToString().Split('\n', 4)

        lines.Length >= 3
        && Words.tryInteger (lines[0].Trim()) <> ValueNone
        && (lines[1].Contains "Properties=" || lines[1].Contains "Lattice=" || (Words.split lines[2]).Length >= 4)

    let private ofText (text: ReadOnlySpan<char>) : FileKind =
        let text = text.TrimStart()

        if startsWith "ITEM:" text then
            DumpKind
        elif startsWith "{" text then
            // A title may begin with a brace as well.
            let inside = text.Slice(1).TrimStart()
            if startsWith "\"" inside || startsWith "}" inside then ModelKind else DataKind
        elif isXyz text then
            ExtxyzKind
        else
            DataKind

    /// Recognises a file.
    let ofFile (path: string) : Result<FileKind, DataError> =
        DataFile.tryRead path (fun () ->
            use content = ContentStream.openRead path

            if content.Length.IsNone then
                let reason = "it is a pipe, of which a look takes away what is read next; expected a file"
                raise (DataException { File = path; Line = None; Problem = CannotRead reason })

            use reader = new StreamReader(content.Stream)
            let text = Array.zeroCreate<char> letters

            match reader.ReadBlock(text, 0, letters) with
            | 0 -> raise (DataException { File = path; Line = None; Problem = EmptyFile })
            | count -> ofText (ReadOnlySpan<char>(text, 0, count)))
