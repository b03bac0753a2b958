/// Trajectories as another program would record them: bodies in space, moved by any forces, as text dumps and data files.
module HgnFunctional.Tests.Support.Recordings

open System
open System.Globalization
open HgnFunctional
open HgnFunctional.Features

/// One recorded moment; arrays are row-major [N x 3].
type Moment = { Step: int; Positions: float[]; Velocities: float[]; Forces: float[] }

/// What a dump says of its bodies.
[<NoEquality; NoComparison>]
type Dressing =
    {
        /// A line above the first frame, such as that of the units.
        Preamble: string
        /// Boundary flags and bounds.
        Box: string
        /// Names of columns before those of positions, and their text for each body.
        Columns: (string * (int -> string)) list
        /// Forces are divided by this.
        ForceFactor: float
    }

/// Springs of unit stiffness and length between the bodies of some bonds.
let springs (bonds: struct (int * int) list) (positions: float[]) : float[] =
    let forces = Array.zeroCreate<float> positions.Length

    for struct (a, b) in bonds do
        let along = Array.init 3 (fun axis -> positions[3 * a + axis] - positions[3 * b + axis])
        let r = sqrt (Array.sumBy (fun x -> x * x) along)

        for axis in 0..2 do
            let pull = -(r - 1.0) * along[axis] / r
            forces[3 * a + axis] <- forces[3 * a + axis] + pull
            forces[3 * b + axis] <- forces[3 * b + axis] - pull

    forces

/// The bonds of an open chain.
let chain (bodies: int) : struct (int * int) list = [ for body in 0 .. bodies - 2 -> struct (body, body + 1) ]

/// Places near a crooked chain along x, and velocities.
let start (bodies: int) (seed: int) : float[] * float[] =
    let random = Random seed
    let place k = if k % 3 = 0 then float (k / 3) else 0.3 * sin (float k)

    Array.init (3 * bodies) (fun k -> place k + 0.15 * (random.NextDouble() - 0.5)),
    Array.init (3 * bodies) (fun _ -> 0.6 * (random.NextDouble() - 0.5))

/// Velocity Verlet steps of 0.005, a moment every so many; forces may look at velocities too.
let record (masses: float[]) (forces: float[] -> float[] -> float[]) (every: int) (moments: int) (positions: float[], velocities: float[]) =
    let h = 0.005
    let q, v = Array.copy positions, Array.copy velocities
    let mutable f = forces q v

    [
        for step in 0 .. every * (moments - 1) do
            if step % every = 0 then
                { Step = step; Positions = Array.copy q; Velocities = Array.copy v; Forces = Array.copy f }

            for k in 0 .. q.Length - 1 do
                v[k] <- v[k] + 0.5 * h * f[k] / masses[k / 3]
                q[k] <- q[k] + h * v[k]

            f <- forces q v

            for k in 0 .. q.Length - 1 do
                v[k] <- v[k] + 0.5 * h * f[k] / masses[k / 3]
    ]

/// Id, type 1 and mass of each body in an open box.
let plain (masses: float[]) : Dressing =
    {
        Preamble = ""
        Box = "ss ss ss\n-50 50\n-50 50\n-50 50"
        Columns =
            [
                "id", (fun body -> string (body + 1))
                "type", (fun _ -> "1")
                "mass", (fun body -> masses[body].ToString("R", CultureInfo.InvariantCulture))
            ]
        ForceFactor = 1.0
    }

/// The text of a dump.
let dump (dressing: Dressing) (moments: Moment list) : string =
    let number (x: float) = x.ToString("R", CultureInfo.InvariantCulture)
    let names = dressing.Columns |> List.map fst |> String.concat " "

    let row (moment: Moment) (body: int) =
        let three (values: float[]) = Array.sub values (3 * body) 3 |> Array.map number |> List.ofArray
        let forces = moment.Forces |> Array.map (fun f -> f / dressing.ForceFactor)
        let fixedTexts = dressing.Columns |> List.map (fun (_, textOf) -> textOf body)
        String.concat " " (fixedTexts @ three moment.Positions @ three moment.Velocities @ three forces)

    let frame (moment: Moment) =
        let rows = Array.init (moment.Positions.Length / 3) (row moment) |> String.concat "\n"

        $"ITEM: TIMESTEP\n{moment.Step}\nITEM: NUMBER OF ATOMS\n{moment.Positions.Length / 3}\nITEM: BOX BOUNDS {dressing.Box}\n"
        + $"ITEM: ATOMS {names} xu yu zu vx vy vz fx fy fz\n{rows}\n"

    dressing.Preamble + String.concat "" (List.map frame moments)

/// The text of a data file of bodies of one mass at a moment: their bonds with types, in the box of `bounds` along each axis.
let data (bounds: (float * float) list) (mass: float) (bonds: struct (int * int) list) (moment: Moment) : string =
    let number (x: float) = x.ToString("R", CultureInfo.InvariantCulture)
    let bodies = moment.Positions.Length / 3
    let three (values: float[]) body = Array.sub values (3 * body) 3 |> Array.map number |> String.concat " "
    let lines (texts: string seq) = String.concat "\n" texts

    let box =
        Seq.map2 (fun axis (low, high) -> $"{number low} {number high} {axis}lo {axis}hi") [ "x"; "y"; "z" ] bounds |> lines

    let atoms = Seq.init bodies (fun body -> $"{body + 1} 1 1 {three moment.Positions body}") |> lines
    let velocities = Seq.init bodies (fun body -> $"{body + 1} {three moment.Velocities body}") |> lines
    let bondRows = bonds |> Seq.mapi (fun k (struct (a, b)) -> $"{k + 1} 1 {a + 1} {b + 1}") |> lines

    $"bodies\n\n{bodies} atoms\n{bonds.Length} bonds\n1 atom types\n1 bond types\n\n{box}\n\nMasses\n\n1 {number mass}\n\n"
    + $"Atoms # bond\n\n{atoms}\n\nVelocities\n\n{velocities}\n\nBonds\n\n{bondRows}\n"
