namespace HgnFunctional.IO

open System
open System.IO
open System.Text

/// Which entries of a file are the energy, the forces, and the virial or the stress, where several could be.
[<NoComparison>]
type TargetKeys =
    {
        /// The key of the energy; by default the only one whose name has "energy" in it.
        Energy: string option
        /// The column of the forces; by default the only one whose name has "force" in it.
        Forces: string option
        /// The key of the virial, or "none"; by default the only one that is called so, as in "virial" and "REF_virials".
        Virial: string option
        /// The key of the stress, likewise; frames have one of the two.
        Stress: string option
    }

/// The beginning of a file, by which its format is recognised; what gzip compressed is inflated.
[<Sealed>]
type FileStart internal (bytes: byte[]) =

    let text =
        lazy
            (use reader = new StreamReader(new MemoryStream(bytes), Encoding.UTF8)
             reader.ReadToEnd().TrimStart())

    /// The first bytes.
    member _.Bytes: ReadOnlySpan<byte> = ReadOnlySpan<byte> bytes

    /// The first letters; a byte order mark, blanks and empty lines at the start do not count.
    member _.Text: string = text.Value

    /// Whether the text begins with a word.
    member internal start.TextStarts(word: string) : bool = start.Text.StartsWith(word, StringComparison.Ordinal)

    /// The first lines of the text.
    member internal start.Lines(count: int) : string[] = start.Text.Split('\n', count + 1) |> Array.truncate count

/// Takes the frames of one file, one by one. The file appears when it is complete.
type FrameSink =

    /// Writes a frame. Throws a `DataException` where the format has no room for it, and what the file system throws.
    abstract Add: frame: FileFrame -> unit

    /// Makes sure that all is on the disk, and replaces the target.
    abstract Complete: unit -> unit

    /// Ends early: the target stays as it was. The path of the file beside it that holds the whole frames, if the format can be cut.
    abstract Keep: unit -> string option

/// How a format is written.
[<NoEquality; NoComparison>]
type FrameWriting =
    {
        /// Ends of names that ask for the format, with their dots; the first is the usual one.
        Extensions: string list
        /// What the format can hold; the rest is left out.
        Holds: Set<FramePart>
        /// Opens a path for writing.
        Open: string -> Result<FrameSink, DataError>
    }

/// A format of trajectories: how it is recognised, read, and written if it can be.
[<ReferenceEquality>]
type FrameFormat =
    {
        /// Name of the format.
        Name: string
        /// Whether a file that begins so is of the format.
        IsLike: FileStart -> bool
        /// Reads frames one by one on each pass; the first error ends them.
        Frames: TargetKeys -> string -> Result<FileFrame, DataError> seq
        /// How it is written.
        Writing: FrameWriting option
    }
