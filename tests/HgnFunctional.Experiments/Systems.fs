namespace HgnFunctional.Experiments

open System.IO
open HgnFunctional.Models
open HgnFunctional.Learning
open HgnFunctional.Metrics
open HgnFunctional.IO

/// What the defaults make of systems as people have them.
[<RequireQualifiedAccess>]
module Systems =

    /// A file of tests/data/systems, and how it is read.
    [<NoEquality; NoComparison>]
    type private Case = { Name: string; What: string; Topology: string option; Cutoff: float option; Units: string option }

    let private case name what topology cutoff units : Case =
        { Name = name; What = what; Topology = topology; Cutoff = cutoff; Units = units }

    let private cases: Case list =
        [
            case "binary" "two species, three Lennard-Jones laws" None (Some 2.5) None
            case "melt" "chains of bonds, with Lennard-Jones between all but bonded neighbours" (Some "melt") (Some 2.2) None
            case "triclinic" "Lennard-Jones in a skewed cell" None (Some 2.4) None
            case "lj_truncated" "Lennard-Jones, cut with a jump" None (Some 2.5) None
            case "morse_truncated" "Morse, cut with a jump" None (Some 2.5) None
            case "water" "flexible molecules with charges, cut" (Some "water") (Some 6.0) (Some "real")
            case "softbody_nodrag" "two kinds of bonds, two masses, gravity, a pinned layer" (Some "softbody") None None
            case "softbody" "the same with drag, of which the file has the value of half a step before" (Some "softbody") None None
            case "tersoff_sic" "silicon carbide: forces depend on angles of neighbours" None (Some 3.0) (Some "metal")
            case "eam_cuni" "an alloy of metals: forces depend on densities" None (Some 4.5) (Some "metal")
        ]

    let private folder = Path.Combine("tests", "data", "systems")

    let private source (case: Case) (first: int) (last: int) =
        let options =
            { TrajectoryFile.bondsOf "" with
                Topology = case.Topology |> Option.map (fun name -> Path.Combine(folder, name + ".data"))
                Reach = case.Cutoff |> Option.map HgnFunctional.Bodies.Reach.within
                Units = case.Units |> Option.bind (fun name -> Units.all |> List.tryFind (fun units -> units.Name = name))
                FirstFrame = first
                LastFrame = Some last
            }

        TrajectoryFile.snapshots options [ Path.Combine(folder, case.Name + ".lammpstrj.gz") ]

    let private constantText (constant: FittedConstant) : string =
        let along = if constant.Component = "" then "" else $" {constant.Component}"
        // What is zero within its error bar is none.
        if abs constant.Value <= 4.0 * constant.Deviation then
            ""
        else
            $"{constant.Quantity}{along} {constant.Value:G7} ± {constant.Deviation:G1}"

    let private row (case: Case) : string list =
        eprintfn $"systems: {case.Name}"
        let frames = if case.Name = "triclinic" then 30 else 40
        let config = { TrainingConfig.defaults with ShowsEvidence = true }
        let model = source case 0 frames |> Training.fitStream config ignore |> Lab.expect
        let later = source case (frames + 1) (if frames = 30 then 40 else 55) |> Evaluation.ofStream model |> Lab.expect
        let verdict = model.Verdict.Value

        let kept =
            verdict.Families
            |> List.filter _.Standing.IsInModel
            |> List.map (fun family -> $"{family.Family} ({Page.number family.Without})")

        let constants = verdict.Constants |> List.map constantText |> List.filter ((<>) "")

        [
            case.Name
            case.What
            String.concat ", " kept
            String.concat ", " constants
            (if verdict.PinnedBodies > 0 then string verdict.PinnedBodies else "")
            Page.number verdict.Unexplained
            Page.number later.RelativeForceError
        ]

    /// The lines of the page; quick runs look at two systems.
    let page (quick: bool) : string list =
        let chosen =
            if quick then
                cases |> List.filter (fun case -> case.Name.StartsWith "softbody")
            else
                cases

        [
            "# What it can and cannot learn"
            ""
            "Written by `dotnet fsi build.fsx experiments systems`, from the files of `tests/data/systems`, which LAMMPS wrote: frames 0 to 40"
            "(30 of the skewed cell) with default options, compared with the later ones. `hgn discover DATA` shows the same for any data."
            ""
            yield!
                Page.table
                    [
                        "system"
                        "what it is"
                        "families that the data want (force error without)"
                        "constants"
                        "pinned"
                        "force error"
                        "on later frames"
                    ]
                    (List.map row chosen)
            ""
            yield!
                Page.wrap
                    "Families are tried on a sample of the frames, with few hidden units: those of the bodies (kinds of bonds, of pairs and of angles; laws that masses or charges multiply), and those of the world around: uniform fields and fields of any form, for all alike, by mass, by charge or for each species; drag in proportion to the velocity and to the square of the speed, in all directions or some more than others, drag between pairs, magnetic forces. All are there at first, and each is left out if the error grows by less than a tenth (a factor of two for fields of any form; below an error of 1e-3 a factor of three, and of a thousand for fields of any form, since more features help whatever they are). Pinned bodies are those that never move while others do."
            ""
            "It can: forces of pairs, bonds and angles with the kinds that data name, in any box; laws that masses or charges multiply; uniform"
            "fields and fields that stand in space; drag and magnetic forces, which are linear in the parameters; pinned bodies and axes; laws"
            "that are known in part (`ModelBlock.Known`, `KnownBlock`)."
            ""
            "It cannot, and says so with the error: forces of many bodies at once (metals, covalent crystals), of which pairs and angles of"
            "bonds are only a part; random forces of a thermostat (they have no law); springs to the place where each body was at the start;"
            "fields that change with time; dihedrals. Two laws that the data cannot tell apart are not told apart: a force in proportion to the"
            "mass and one for each species are the same where masses tell species."
        ]
