/// Symmetry moves and words of them.
[<AutoOpen>]
module HgnFunctional.Tests.Support.Moves

open System.Globalization

/// One symmetry move. Bodies and axes count modulo what the scene has, so a move never becomes invalid as a scene shrinks.
[<StructuredFormatDisplay("{Text}")>]
type Move =
    | Swap of first: int * second: int
    | Turn of axisA: int * axisB: int * angle: float
    | Reflect of axis: int
    | Shift of axis: int * distance: float

    /// The move with all digits, as it is written in F#.
    member move.Text: string =
        let digits (x: float) =
            if x = floor x then
                $"%.1f{x}"
            else
                x.ToString("R", CultureInfo.InvariantCulture)

        match move with
        | Swap(first, second) -> $"Swap({first}, {second})"
        | Turn(axisA, axisB, angle) -> $"Turn({axisA}, {axisB}, {digits angle})"
        | Reflect axis -> $"Reflect {axis}"
        | Shift(axis, distance) -> $"Shift({axis}, {digits distance})"

    override move.ToString() : string = move.Text

/// Moves, the first applied first. The empty word is the identity, so the smallest counterexample names the guilty move.
[<StructuredFormatDisplay("{Text}")>]
type Word =
    | Word of Move list

    /// The word as it is written in F#.
    member word.Text: string =
        let (Word moves) = word
        moves |> List.map string |> String.concat "; " |> sprintf "Word [ %s ]"

    override word.ToString() : string = word.Text

/// How words act.
[<RequireQualifiedAccess>]
module Word =

    let private swapBodies (dimension: int) (first: int) (second: int) (field: float[]) : float[] =
        let other body =
            if body = first then second
            elif body = second then first
            else body

        Array.init field.Length (fun k -> field[other (k / dimension) * dimension + k % dimension])

    let private turn (dimension: int) (a: int) (b: int) (angle: float) (field: float[]) : float[] =
        if a = b then
            field
        else
            let cosine, sine = cos angle, sin angle

            field
            |> Array.mapi (fun k x ->
                let body = k - k % dimension

                if k % dimension = a then cosine * field[body + a] - sine * field[body + b]
                elif k % dimension = b then sine * field[body + a] + cosine * field[body + b]
                else x)

    let private moveField (shifts: bool) (dimension: int) (field: float[]) (move: Move) : float[] =
        let bodies = field.Length / dimension

        match move with
        | Swap(first, second) -> swapBodies dimension (first % bodies) (second % bodies) field
        | Turn(a, b, angle) -> turn dimension (a % dimension) (b % dimension) angle field
        | Reflect axis -> field |> Array.mapi (fun k x -> if k % dimension = axis % dimension then -x else x)
        | Shift(axis, distance) when shifts -> field |> Array.mapi (fun k x -> if k % dimension = axis % dimension then x + distance else x)
        | Shift _ -> field

    /// Positions [N x d] after the moves.
    let points (dimension: int) (Word moves: Word) (positions: float[]) : float[] = moves |> List.fold (moveField true dimension) positions

    /// Vectors of bodies [N x d] after the moves: momenta, velocities, forces, gradients. Shifts leave them alone.
    let vectors (dimension: int) (Word moves: Word) (field: float[]) : float[] = moves |> List.fold (moveField false dimension) field

    /// The new number of each body.
    let names (bodies: int) (Word moves: Word) : int[] =
        let swap (names: int[]) move =
            match move with
            | Swap(first, second) ->
                let first, second = first % bodies, second % bodies

                names
                |> Array.map (fun name ->
                    if name = first then second
                    elif name = second then first
                    else name)
            | _ -> names

        moves |> List.fold swap (Array.init bodies id)

    /// Tilts after the moves: reflecting an axis turns what its vector has along others, and what others have along it.
    let private tilts (dimension: int) (Word moves: Word) (tilts: float list) : float list =
        let reflect (tilts: float list) move =
            match move with
            | Reflect axis ->
                tilts
                |> List.mapi (fun place tilt ->
                    let vector =
                        if place < 1 then 1
                        elif place < 3 then 2
                        else 3

                    let along = place - vector * (vector - 1) / 2

                    if (vector = axis % dimension) <> (along = axis % dimension) then
                        -tilt
                    else
                        tilt)
            | _ -> tilts

        moves |> List.fold reflect tilts

    /// A box is no cube: turns are symmetries of open space alone.
    let allowed (scene: Scene) (Word moves: Word) : Word =
        let isTurn move =
            match move with
            | Turn _ -> true
            | _ -> false

        if List.exists (fun period -> period > 0.0) scene.Periods then
            Word(moves |> List.filter (isTurn >> not))
        else
            Word moves

    /// The scene after the moves.
    let apply (word: Word) (scene: Scene) : Scene =
        let word = allowed scene word
        let names = names scene.Bodies word
        let masses = Array.zeroCreate scene.Bodies
        scene.Masses |> List.iteri (fun body mass -> masses[names[body]] <- mass)

        { scene with
            Tilts = tilts scene.Dimension word scene.Tilts
            Masses = List.ofArray masses
            Edges = scene.Edges |> List.map (fun (a, b) -> names[a], names[b])
            Q = points scene.Dimension word scene.Q
            P = vectors scene.Dimension word scene.P
        }

    /// The frame after the moves.
    let applyFrame (word: Word) (frame: Frame) : Frame =
        let allowed = allowed frame.Scene word

        {
            Scene = apply word frame.Scene
            Velocities = vectors frame.Scene.Dimension allowed frame.Velocities
            Forces = vectors frame.Scene.Dimension allowed frame.Forces
        }
