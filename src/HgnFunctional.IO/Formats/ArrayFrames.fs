namespace HgnFunctional.IO

open System
open HgnFunctional.Space

/// Frames from arrays, each read slice by slice: no more than a frame is in memory.
[<Sealed>]
type internal ArrayFrames(path: string, source: IArraySource) =

    let mostAtoms = 100_000_000L
    let opened = ResizeArray<IArrayReader>()
    let mutable index = 0L

    let fail (problem: DataProblem) : 'result = raise (DataException { File = path; Line = None; Problem = problem })
    let bad (array: IArrayReader) (expected: string) : 'result = fail (BadArray(array.Name, ArrayShape.describe array, expected))

    let tryOpen (name: string) : IArrayReader option =
        let found = source.TryOpen name
        Option.iter opened.Add found
        found

    let positions =
        match tryOpen "positions" with
        | Some array -> array
        | None -> fail (MissingArray "positions")

    let frames, atoms, d =
        match positions.Shape with
        | [| frames; atoms; d |] when frames >= 1L && atoms >= 1L && atoms <= mostAtoms && d >= 1L && d <= 3L -> frames, int atoms, int d
        | _ -> bad positions "frames x atoms x axes, of which there are 1 to 3"

    let requireFinite (array: IArrayReader) (values: float[]) : float[] =
        match values |> Array.tryFindIndex (Double.IsFinite >> not) with
        | Some place -> fail (NotFiniteEntry(array.Name, index, place))
        | None -> values

    let numbersOf (array: IArrayReader) (count: int) : float[] =
        if array.Kind = Texts then
            bad array "numbers"

        requireFinite array (array.ReadNumbers count)

    let wholesOf (array: IArrayReader) (count: int) : int64[] =
        if array.Kind <> Wholes then
            bad array "whole numbers"

        array.ReadWholes count

    /// Names, which may be numbers.
    let namesOf (array: IArrayReader) (count: int) : string[] =
        match array.Kind with
        | Texts -> array.ReadTexts count
        | Wholes -> array.ReadWholes count |> Array.map string
        | Numbers -> bad array "texts or whole numbers"

    /// Entries of each frame in turn, or entries for all frames; the sizes are those of one frame.
    let valuesOf (read: IArrayReader -> int -> 'value[]) (sizes: int64[] list) (array: IArrayReader) : unit -> 'value[] =
        let ofFrame = Array.append [| frames |]

        match sizes |> List.tryFind (fun sizes -> array.Shape = ofFrame sizes), sizes |> List.tryFind ((=) array.Shape) with
        | _, Some sizes ->
            let all = read array (int (ArrayShape.count sizes))
            fun () -> all
        | Some sizes, None ->
            let count = int (ArrayShape.count sizes)
            fun () -> read array count
        | None, None ->
            let known = sizes |> List.collect (fun sizes -> [ sizes; ofFrame sizes ]) |> List.map ArrayShape.text
            bad array (String.concat ", or " known)

    let series name read sizes = tryOpen name |> Option.map (valuesOf read sizes)

    /// What stands once in the file.
    let single name read sizes : 'value[] option =
        tryOpen name
        |> Option.map (fun array ->
            if not (List.contains array.Shape sizes) then
                bad array (sizes |> List.map ArrayShape.text |> String.concat ", or ")

            read array (int (ArrayShape.count array.Shape)))

    let ofAtoms = [ [| int64 atoms |] ]
    let ofVectors = [ [| int64 atoms; int64 d |] ]
    let ofFrame: int64[] list = [ [||] ]

    let ids = single "ids" wholesOf ofAtoms |> Option.defaultWith (fun () -> Array.init atoms (fun atom -> int64 atom + 1L))

    /// Where each atom of a frame stands in the file: frames have them by their ids.
    let order =
        let order = Array.init atoms id

        if ids |> Seq.pairwise |> Seq.forall (fun (id, next) -> id < next) then
            None
        else
            Array.sortInPlaceBy (fun atom -> ids[atom]) order

            match order |> Seq.pairwise |> Seq.tryFind (fun (atom, next) -> ids[atom] = ids[next]) with
            | Some(atom, _) -> fail (DuplicateId ids[atom])
            | None -> Some order

    let sorted (values: 'value[]) : 'value[] =
        match order with
        | None -> values
        | Some order -> order |> Array.map (fun atom -> values[atom])

    /// Vectors [atoms x 3], with zeros along axes that are not there.
    let vectors (values: float[]) : float[] =
        if d = 3 && order.IsNone then
            values
        else
            Array.init (3 * atoms) (fun k ->
                let atom =
                    (match order with
                     | None -> k / 3
                     | Some order -> order[k / 3])

                if k % 3 < d then values[atom * d + k % 3] else 0.0)

    let nextPositions = valuesOf numbersOf ofVectors positions
    let velocities = series "velocities" numbersOf ofVectors
    let momenta = series "momenta" numbersOf ofVectors
    let forces = series "forces" numbersOf ofVectors
    let masses = series "masses" numbersOf ofAtoms
    let charges = series "charges" numbersOf ofAtoms
    let types = series "types" namesOf ofAtoms

    /// Names of species are elements, and numbers of them are types.
    let species, numberedTypes =
        match tryOpen "species" with
        | Some array when array.Kind = Texts -> Some(valuesOf namesOf ofAtoms array), None
        | Some array -> None, Some(valuesOf namesOf ofAtoms array)
        | None -> None, None

    let cell = series "cell" numbersOf [ [| int64 d; int64 d |]; [| int64 d |] ]
    let origin = series "origin" numbersOf [ [| int64 d |] ]
    let time = series "time" numbersOf ofFrame
    let timestep = series "timestep" wholesOf ofFrame
    let energy = series "energy" numbersOf ofFrame
    let group = series "group" namesOf ofFrame
    let units = single "units" namesOf [ [||]; [| 1L |] ]

    let boundaries: string[] =
        let fill (flags: string[]) = Array.init 3 (fun axis -> if axis < d then flags[axis] else "ss")
        let isBoundary flag = List.contains flag [ "pp"; "ff"; "ss"; "sm"; "ms"; "mm"; "fs"; "sf"; "fm"; "mf" ]

        match single "boundary" namesOf [ [| int64 d |] ], single "pbc" wholesOf [ [| int64 d |] ] with
        | Some flags, _ when Array.forall isBoundary flags -> fill flags
        | Some flags, _ -> fail (BadArray("boundary", Words.quote (String.concat " " flags), "pp, ff, ss or sm for each axis"))
        | None, Some flags -> flags |> Array.map (fun flag -> if flag <> 0L then "pp" else "ss") |> fill
        | None, None -> fill (Array.create d (if cell.IsSome then "pp" else "ss"))

    let bonds: struct (int * int * string)[] option =
        match tryOpen "edges" with
        | None -> None
        | Some edges ->
            let count =
                match edges.Shape with
                | [| count; 2L |] when count <= mostAtoms -> int count
                | _ -> bad edges "edges x 2, the indices of two atoms from 0"

            let ends = wholesOf edges (2 * count)

            match ends |> Array.tryFind (fun atom -> atom < 0L || atom >= int64 atoms) with
            | Some atom -> fail (BadArray("edges", $"an index {atom}", $"indices from 0 to {atoms - 1}"))
            | None -> ()

            let kinds = single "edge_types" namesOf [ [| int64 count |] ] |> Option.defaultValue (Array.create count "")

            let place =
                match order with
                | None -> int
                | Some order ->
                    let places = Array.zeroCreate<int> atoms
                    order |> Array.iteri (fun place atom -> places[atom] <- place)
                    fun atom -> places[int atom]

            Some(Array.init count (fun edge -> struct (place ends[2 * edge], place ends[2 * edge + 1], kinds[edge])))

    do
        if momenta.IsSome && velocities.IsNone && masses.IsNone then
            fail (MissingArray "masses")

        if cell.IsNone && Array.contains "pp" boundaries then
            fail (MissingArray "cell")

    let sortedIds = sorted ids
    let names = opened |> Seq.map _.Name |> Array.ofSeq

    /// The frame within its cell; axes that are not there have a box of length one, which is open.
    let place (frame: FileFrame) : struct (FileFrame * float[] option) =
        match cell |> Option.map (fun next -> next ()) with
        | None -> struct (frame, None)
        | Some numbers ->
            let entry row column =
                if row >= d || column >= d then (if row = column then 1.0 else 0.0)
                elif numbers.Length = d && row = column then numbers[row]
                elif numbers.Length = d * d && d > 1 then numbers[d * row + column]
                elif numbers.Length = 1 then numbers[0]
                else 0.0

            match Lattice.tryLower (Array.init 9 (fun k -> entry (k / 3) (k % 3))) with
            | ValueNone -> fail (BadArray("cell", "vectors that span no volume", "vectors that span one"))
            | ValueSome(struct (lengths, tilts, axes)) ->
                let corner = Array.zeroCreate<float> 3
                origin |> Option.iter (fun next -> Array.blit (next ()) 0 corner 0 d)

                match Lattice.place (Lattice.turned axes corner) lengths tilts boundaries frame with
                | Ok placed -> struct (placed, axes)
                | Error problem -> fail problem

    let next () : FileFrame =
        let ofFrame (series: (unit -> 'value[]) option) : 'value[] option = series |> Option.map (fun next -> next ())
        let struct (placed, axes) = FileFrame.ofPositions sortedIds (vectors (nextPositions ())) |> place
        let turnedVectors values = values |> Option.map (vectors >> Lattice.turned axes)
        let masses = ofFrame masses |> Option.map sorted
        let elements = ofFrame species |> Option.map sorted
        let known = masses |> Option.orElse (elements |> Option.bind AtomicWeights.tryOf)
        let momenta = ofFrame momenta |> turnedVectors

        let velocities =
            match ofFrame velocities |> turnedVectors, momenta, known with
            | None, Some momenta, Some masses -> Some(momenta |> Array.mapi (fun k p -> p / masses[k / 3]))
            | velocities, _, _ -> velocities

        { placed with
            Line = 0L
            Columns = names
            Positions = Lattice.turned axes placed.Positions
            Timestep = ofFrame timestep |> Option.map Array.head |> Option.defaultValue index
            Time = ofFrame time |> Option.map Array.head
            UnitStyle = units |> Option.map Array.head
            Types = Option.orElse numberedTypes types |> ofFrame |> Option.map sorted
            Elements = elements
            Charges = ofFrame charges |> Option.map sorted
            Masses = known
            Velocities = velocities
            Forces = ofFrame forces |> turnedVectors
            Energy = ofFrame energy |> Option.map Array.head
            Group = ofFrame group |> Option.map Array.head |> Option.defaultValue ""
            Bonds = bonds
        }

    /// The next frame; none after the last.
    member _.TryNext() : FileFrame option =
        if index = frames then
            opened |> Seq.iter _.Finish()
            None
        else
            let frame = next ()
            index <- index + 1L
            Some frame

    interface IDisposable with
        member _.Dispose() = source.Dispose()
