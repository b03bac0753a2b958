namespace HgnFunctional.Space

open System
open System.Collections.Generic
open HgnFunctional.Numerics

/// Pairs of bodies nearer to each other than a distance, found with a cell list whose occupied cells alone take memory: work
/// grows with N, however far some bodies are from the others (Allen and Tildesley, Computer Simulation of Liquids, 2nd ed.,
/// section 5.3; in a skewed box along its vectors; cells in a hash table as Teschner et al. 2003, Optimized Spatial Hashing for Collision Detection).
[<RequireQualifiedAccess>]
module Neighbours =

    /// Cells are wider than the radius by this, so that rounding never puts a pair within it two cells apart.
    let private margin = 1.0 + 1e-6

    /// The most cells of an axis that are counted from one end: rounding of their numbers is far below the margin.
    let private mostCells = 1 <<< 20

    /// Where along one axis each body lies, as numbers of cells; two bodies nearer than a cell lie in one or in neighbours.
    [<NoEquality; NoComparison>]
    type private Axis =
        {
            CellOf: int[]
            /// The number of cells after which they begin anew, or 0 on an open axis.
            Around: int
        }

    /// How far coordinates along the vectors of a cell may differ for bodies at distance 1, by axis: the length of the gradient.
    let private stretches (cell: Cell) : float[] =
        let squares = Array.zeroCreate cell.Dimension

        for axis in 0 .. cell.Dimension - 1 do
            let unit = Array.zeroCreate cell.Dimension
            unit[axis] <- 1.0
            cell.Straighten(Span<float> unit, ReadOnlySpan<float>(Array.zeroCreate<float> cell.Dimension))
            unit |> Array.iteri (fun k x -> squares[k] <- squares[k] + x * x)

        Array.map sqrt squares

    /// Positions [N x d] in coordinates along the vectors of a cell.
    let private straightened (cell: Cell) (positions: float[]) : float[] =
        let straight, origin = Array.copy positions, Array.zeroCreate<float> cell.Dimension

        for body in 0 .. positions.Length / cell.Dimension - 1 do
            cell.Straighten(Span<float>(straight, body * cell.Dimension, cell.Dimension), ReadOnlySpan<float> origin)

        straight

    let private periodicAxis (period: float) (width: float) (coordinates: float[]) : Axis =
        // An axis with fewer than three cells would meet the same one twice: it gets one, and all pairs are tried.
        let fitting = int (min (float mostCells) (floor (period / width)))
        let count = if fitting < 3 then 1 else fitting

        let cellOf (x: float) =
            let turns = x / period
            // Rounding may wrap a body just outside the box; one that diverged falls into any cell.
            Math.Clamp(int ((turns - floor turns) * float count), 0, count - 1)

        { CellOf = Array.map cellOf coordinates; Around = count }

    /// Gaps that no pair can bridge are left out, so that numbers of cells stay below twice that of bodies, whatever the
    /// coordinates. One that is not finite is far from all others.
    let private sparseAxis (width: float) (coordinates: float[]) : Axis =
        let bodies = Array.init coordinates.Length id
        let sorted = Array.copy coordinates
        Array.Sort(sorted, bodies)
        let cellOf = Array.zeroCreate coordinates.Length
        let mutable start = 0
        let mutable first = 0

        for k in 1 .. bodies.Length - 1 do
            if sorted[k] - sorted[k - 1] <= width then
                cellOf[bodies[k]] <- first + int ((sorted[k] - sorted[start]) / width)
            else
                start <- k
                first <- cellOf[bodies[k - 1]] + 2
                cellOf[bodies[k]] <- first

        { CellOf = cellOf; Around = 0 }

    let private openAxis (width: float) (coordinates: float[]) : Axis =
        let mutable low, high = infinity, -infinity

        for x in coordinates do
            low <- Math.Min(low, x)
            high <- Math.Max(high, x)

        if (high - low) / width < float mostCells then
            { CellOf = coordinates |> Array.map (fun x -> int ((x - low) / width)); Around = 0 }
        else
            sparseAxis width coordinates

    /// Bodies by bucket: those of bucket b are Order[Starts[b] .. Starts[b + 1] - 1], in ascending order. A cell has one bucket,
    /// which may hold bodies of other cells too.
    [<NoEquality; NoComparison>]
    type private Buckets = { Axes: Axis[]; Bits: int; Order: int[]; Starts: int[] }

    let inline private addIndex (hash: uint64) (index: int) : uint64 = (hash + uint64 index + 1UL) * 0x9E3779B97F4A7C15UL

    /// The products' upper half depends on all of the number.
    let inline private bucket (bits: int) (hash: uint64) : int = int ((hash ^^^ (hash >>> 29)) * 0xBF58476D1CE4E5B9UL >>> (64 - bits))

    let private fill (cell: Cell) (radius: float) (positions: float[]) : Buckets =
        let dimension = cell.Dimension
        let periods, stretches = cell.Periods.ToArray(), stretches cell
        let bodies = positions.Length / dimension
        let straight = straightened cell positions

        let axes =
            Array.init dimension (fun axis ->
                let coordinates = Array.init bodies (fun body -> straight[body * dimension + axis])
                let width = radius * margin * stretches[axis]

                if periods[axis] > 0.0 then
                    periodicAxis periods[axis] width coordinates
                else
                    openAxis width coordinates)

        let bits = 2 + Numerics.BitOperations.Log2(uint32 (max 1 bodies))

        let bucketOf =
            Array.init bodies (fun body ->
                let mutable hash = 0UL

                for axis in axes do
                    hash <- addIndex hash axis.CellOf[body]

                bucket bits hash)

        let starts = Array.zeroCreate ((1 <<< bits) + 1)

        for b in bucketOf do
            starts[b + 1] <- starts[b + 1] + 1

        for b in 1 .. starts.Length - 1 do
            starts[b] <- starts[b] + starts[b - 1]

        let next = Array.copy starts
        let order = Array.zeroCreate bodies

        for body in 0 .. bodies - 1 do
            order[next[bucketOf[body]]] <- body
            next[bucketOf[body]] <- next[bucketOf[body]] + 1

        { Axes = axes; Bits = bits; Order = order; Starts = starts }

    /// The distinct buckets of the cells that touch a body's cell, itself among them, in ascending order.
    let private around (buckets: Buckets) (body: int) : int[] =
        let step (hashes: uint64[]) (axis: Axis) : uint64[] =
            let here = axis.CellOf[body]

            let indices =
                if axis.Around = 1 then
                    [| here |]
                elif axis.Around > 0 then
                    [| (here + axis.Around - 1) % axis.Around; here; (here + 1) % axis.Around |]
                else
                    [| here - 1; here; here + 1 |]

            hashes |> Array.collect (fun hash -> indices |> Array.map (addIndex hash))

        let found = buckets.Axes |> Array.fold step [| 0UL |] |> Array.map (bucket buckets.Bits)
        Array.Sort found
        found |> Array.distinct

    /// For each body a search looks at, those near it that it may be paired with, in ascending order.
    let private nearOnes (cell: Cell) (radius: float) (positions: float[]) (isPair: int -> int -> bool) (bodies: int) : int[][] =
        let buckets = fill cell radius positions
        let isSameCell first second = buckets.Axes |> Array.forall (fun axis -> axis.CellOf[first] = axis.CellOf[second])
        // Bodies of a cell are looked at together, but pairs are listed by body.
        let lists = Array.create bodies [||]
        let found = List<int>()
        let mutable near = [||]
        let mutable last = -1

        for body in buckets.Order do
            if body < bodies then
                if last < 0 || not (isSameCell last body) then
                    near <- around buckets body

                last <- body
                found.Clear()

                for b in near do
                    for slot in buckets.Starts[b] .. buckets.Starts[b + 1] - 1 do
                        if isPair body buckets.Order[slot] then
                            found.Add buckets.Order[slot]

                found.Sort()
                lists[body] <- found.ToArray()

        lists

    /// The body whose list each entry stands in.
    let private owners (lists: 'a[][]) : int[] =
        let owners = Array.zeroCreate (lists |> Array.sumBy _.Length)
        let mutable start = 0

        for body in 0 .. lists.Length - 1 do
            Array.Fill(owners, body, start, lists[body].Length)
            start <- start + lists[body].Length

        owners

    let private requirePositions (cell: Cell) (radius: float) (positions: ReadOnlySpan<float>) : unit =
        Guard.positiveFinite (nameof radius) radius

        if positions.Length % cell.Dimension <> 0 then
            invalidArg (nameof positions) $"positions has length {positions.Length}; expected a multiple of {cell.Dimension}."

    /// The pairs whose nearest images are nearer than `radius`, at positions [N x d].
    let within (cell: Cell) (radius: float) (positions: ReadOnlySpan<float>) : Pairs =
        requirePositions cell radius positions
        let positions = positions.ToArray()

        let isPair body other =
            other > body && cell.Displacement.SquaredDistance(ReadOnlySpan<float> positions, body, other) < radius * radius

        let lists = nearOnes cell radius positions isPair (positions.Length / cell.Dimension)
        Pairs.OfOwned(owners lists, Array.concat lists)

    /// How many vectors of a cell a body lies away from it, by axis; nothing is taken off one that diverged.
    let private turnsOf (cell: Cell) (straight: float[]) (body: int) : int[] =
        Array.init cell.Dimension (fun axis ->
            let period = cell.Periods[axis]

            let turns =
                if period > 0.0 then
                    floor (straight[body * cell.Dimension + axis] / period)
                else
                    0.0

            if abs turns < 1e9 then int turns else 0)

    /// How many images of a body on each side of it may be nearer than `radius` to one in the cell, by axis.
    let internal reachOfImages (cell: Cell) (radius: float) : float[] =
        let stretches = stretches cell

        Array.init cell.Dimension (fun axis ->
            let period = cell.Periods[axis]
            if period > 0.0 then radius * margin * stretches[axis] / period else 0.0)

    /// A body, or an image of one that is near enough to the cell.
    [<Struct; NoEquality; NoComparison>]
    type private Image = { Owner: int; Turns: int[] }

    let private imagesOf (reach: float[]) (along: float[]) (owner: int) : Image seq =
        let choices =
            Array.map2
                (fun (reach: float) (x: float) ->
                    // Coordinates of the cell go from 0 to 1.
                    if reach > 0.0 && abs x < 2.0 then
                        [ int (ceil (-reach - x)) .. int (floor (1.0 + reach - x)) ]
                    else
                        [ 0 ])
                reach
                along

        (Seq.singleton [], Array.rev choices)
        ||> Array.fold (fun tails axis -> tails |> Seq.collect (fun tail -> axis |> Seq.map (fun turn -> turn :: tail)))
        |> Seq.filter (List.exists ((<>) 0))
        |> Seq.map (fun turns -> { Owner = owner; Turns = Array.ofList turns })

    /// Of two opposite images of a body one makes a pair with it.
    let private comesFirst (turns: int[]) : bool = turns |> Array.tryFind ((<>) 0) |> Option.exists (fun turn -> turn > 0)

    /// The pairs nearer than `radius` in any image, at positions [N x d]: two bodies may be several pairs, and a body may meet images
    /// of itself. A search among the bodies and their images around the cell.
    let images (cell: Cell) (radius: float) (positions: ReadOnlySpan<float>) : Pairs =
        requirePositions cell radius positions
        let d = cell.Dimension
        let bodies = positions.Length / d
        let moved = positions.ToArray()
        let straight = straightened cell moved
        let home = Array.init bodies (turnsOf cell straight)
        let shift = Array.zeroCreate<float> d
        let reach = reachOfImages cell radius

        // All bodies in the cell, then their images.
        for body in 0 .. bodies - 1 do
            cell.ShiftInto(ReadOnlySpan<int> home[body], Span<float> shift)

            for axis in 0 .. d - 1 do
                moved[body * d + axis] <- moved[body * d + axis] - shift[axis]

        let ghosts =
            [|
                for body in 0 .. bodies - 1 do
                    let along =
                        Array.init d (fun axis ->
                            let period = cell.Periods[axis]

                            if period > 0.0 then
                                straight[body * d + axis] / period - float (home[body].[axis])
                            else
                                0.0)

                    yield! imagesOf reach along body
            |]

        let all = Array.zeroCreate (moved.Length + ghosts.Length * d)
        Array.blit moved 0 all 0 moved.Length

        ghosts
        |> Array.iteri (fun index ghost ->
            cell.ShiftInto(ReadOnlySpan<int> ghost.Turns, Span<float> shift)

            for axis in 0 .. d - 1 do
                all[moved.Length + index * d + axis] <- moved[ghost.Owner * d + axis] + shift[axis])

        let openSpace = Cell.openSpace d

        let isPair body other =
            let belongs =
                if other < bodies then
                    other > body
                else
                    let ghost = ghosts[other - bodies]
                    ghost.Owner > body || (ghost.Owner = body && comesFirst ghost.Turns)

            belongs && openSpace.Displacement.SquaredDistance(ReadOnlySpan<float> all, body, other) < radius * radius

        let ownerOf (other: int) : int = if other < bodies then other else ghosts[other - bodies].Owner

        let turnOf (body: int) (other: int) (axis: int) : int =
            let turns = if other < bodies then 0 else ghosts[other - bodies].Turns[axis]
            turns + home[body].[axis] - home[ownerOf other].[axis]

        let lists = nearOnes openSpace radius all isPair bodies

        for body in 0 .. bodies - 1 do
            lists[body] <- lists[body] |> Array.sortBy (fun other -> struct (ownerOf other, Array.init d (turnOf body other)))

        let senders, others = owners lists, Array.concat lists
        let turns = Array.init (others.Length * d) (fun k -> turnOf senders[k / d] others[k / d] (k % d))
        Pairs.OfImages(cell, senders, Array.map ownerOf others, turns)
