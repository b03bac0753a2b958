namespace HgnFunctional.IO

/// Where the columns of an atom style stand; y and z follow x, and image flags all the rest.
type internal AtomLayout =
    {
        Type: int
        Molecule: int option
        Charge: int option
        X: int
        /// Columns after z; none where their number is not known.
        After: int option
        /// Columns of a row of velocities.
        Velocities: int
    }

/// The atom styles of LAMMPS (manual, command `read_data`), but for hybrid ones, whose columns their parts name.
[<RequireQualifiedAccess>]
module internal AtomStyle =

    /// The columns of a row, as the manual names them.
    let private columns: (string * string) list =
        [
            "atomic", "id type x y z"
            "angle", "id mol type x y z"
            "bond", "id mol type x y z"
            "molecular", "id mol type x y z"
            "charge", "id type q x y z"
            "full", "id mol type q x y z"
            "amoeba", "id mol type q x y z"
            "body", "id type bodyflag mass x y z"
            "bpm/sphere", "id mol type diameter density x y z"
            "dielectric", "id type q x y z mux muy muz area ed em epsilon curvature"
            "dipole", "id type q x y z mux muy muz"
            "dpd", "id type theta x y z"
            "edpd", "id type temperature cv x y z"
            "electron", "id type q spin eradius x y z"
            "ellipsoid", "id type ellipsoidflag density x y z"
            "line", "id mol type lineflag density x y z"
            "mdpd", "id type rho x y z"
            "mesont", "id mol type bond mass mradius mlength buckling x y z"
            "peri", "id type volume density x y z"
            "rheo", "id type status rho x y z"
            "rheo/thermal", "id type status rho energy x y z"
            "smd", "id type mol volume mass kradius cradius x0 y0 z0 x y z"
            "sph", "id type rho esph cv x y z"
            "sphere", "id type diameter density x y z"
            "spin", "id type x y z spx spy spz sp"
            "tdpd", "id type x y z ..."
            "template", "id type mol template-index template-atom x y z"
            "tri", "id mol type triangleflag density x y z"
            "wavepacket", "id type q spin eradius etag cs_re cs_im x y z"
        ]

    /// Columns of a row of velocities, where there are more than an id and three components.
    let private velocities: Map<string, int> =
        Map.ofList
            [
                "electron", 5
                "wavepacket", 5
                "ellipsoid", 7
                "sphere", 7
                "bpm/sphere", 7
                "line", 7
                "tri", 7
                "body", 7
                "dipole", 4
            ]

    let private layoutOf (style: string) (columns: string) : AtomLayout =
        let names = columns.Split ' '
        let find name = names |> Array.tryFindIndex ((=) name)
        let x = (find "x").Value

        {
            Type = (find "type").Value
            Molecule = find "mol"
            Charge = find "q"
            X = x
            After = if Array.last names = "..." then None else Some(names.Length - x - 3)
            Velocities = velocities |> Map.tryFind style |> Option.defaultValue 4
        }

    let private layouts: Map<string, AtomLayout> =
        columns |> List.map (fun (style, names) -> style, layoutOf style names) |> Map.ofList

    /// Names of all styles.
    let names: string list = columns |> List.map fst

    /// The columns of a style.
    let tryFind (style: string) : AtomLayout option = layouts.TryFind style
