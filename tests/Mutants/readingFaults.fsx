// Faults in what is refused, measured, assumed and warned of.

#load "fault.fsx"

open Fault

let private fault (name: string) (file: string) (original: string) (replacement: string) (law: string) : Fault =
    { Name = name; File = file; Original = original; Fault = replacement; Law = law }

let all: Fault list =
    [
        fault
            "header-counts-twice"
            "src/HgnFunctional.IO/Input/DataHeader.fs"
            "if not (counts.TryAdd(name, int count)) then"
            "if not (counts.TryAdd(name, int count)) && false then"
            "a header line stands once"
        fault
            "sections-twice"
            "src/HgnFunctional.IO/Input/DataRows.fs"
            "if not (seen.TryAdd(section, 0)) then"
            "if not (seen.TryAdd(section, 0)) && section = \"\" then"
            "a section stands once"
        fault
            "rows-beyond-the-count"
            "src/HgnFunctional.IO/Input/DataRows.fs"
            "| Some count when row > count ->"
            "| Some count when row > count + 5 ->"
            "a section has as many rows as the header says"
        fault
            "types-of-dump-and-topology"
            "src/HgnFunctional.IO/Input/FileBodies.fs"
            "if expected <> int64 data.Types[atom] then"
            "if expected < 0L then"
            "types agree in all files"
        fault
            "mass-over-masses"
            "src/HgnFunctional.IO/Input/FileBodies.fs"
            "| _, _, Some _ -> fail path line MassesGivenTwice"
            "| _, _, Some mass -> Array.create ids.Length mass"
            "a mass for all is for files without masses"
        fault
            "bomb-without-limit"
            "src/HgnFunctional.IO/Input/LineReader.fs"
            "if letters > mostLetters then"
            "if letters < 0L then"
            "a compressed file inflates to no more than data do"
        fault
            "units-by-motion"
            "src/HgnFunctional.IO/Input/Motion.fs"
            "match decide assumed 2.0 4.0 factor with"
            "match decide assumed 2.0 4e9 factor with"
            "frames tell their units"
        fault
            "units-far-apart"
            "src/HgnFunctional.IO/Input/Motion.fs"
            "decide assumed 10.0 100.0"
            "decide assumed 10.0 1e9"
            "frames far apart tell units that are far apart"
        fault
            "model-of-other-units"
            "src/HgnFunctional/Models/Binding.fs"
            "| Some trained, Some other when trained <> other ->"
            "| Some trained, Some other when trained = \"\" ->"
            "a model is not used in other units"
        fault
            "bonds-without-images"
            "src/HgnFunctional.IO/Input/BondImages.fs"
            "| false, true -> true"
            "| false, true -> false"
            "a bond through the boundary takes its nearest image"
        fault
            "boundary-guessed"
            "src/HgnFunctional.IO/Input/TrajectoryFile.fs"
            "| None, _ when relations.Reach.IsSome -> FileBodies.fail path None NoBoundary"
            "| None, _ when relations.Reach.IsSome -> [| true; true; true |], 0"
            "a cutoff must know the boundary of a data file"
        fault
            "ids-anew"
            "src/HgnFunctional.IO/Formats/DumpFormat.fs"
            "frame.Ids[atom].ToString"
            "(int64 atom + 1L).ToString"
            "ids go out as they came in"
        fault
            "drag-unseen"
            "src/HgnFunctional/Learning/Diagnosis.fs"
            "if correlation < -sqrt notable then"
            "if correlation < -2.0 then"
            "a poor fit names drag"
        fault
            "rest-without-scale"
            "src/HgnFunctional/Metrics/Conservation.fs"
            "let energy = max kinetic released"
            "let energy = kinetic"
            "a run from rest has finite drifts"
        fault
            "angular-momentum-about-the-origin"
            "src/HgnFunctional/Metrics/Conservation.fs"
            "ofVector (aboutCentre masses >> Momenta.angular)"
            "ofVector Momenta.angular"
            "the origin does not matter to a drift"
        fault
            "energies-of-all-trajectories"
            "src/HgnFunctional/Metrics/Errors.fs"
            "current[snapshot.Trajectory] <-"
            "current[\"\"] <-"
            "energies are compared within a trajectory"
        fault
            "idle-units-stay"
            "src/HgnFunctional/Numerics/LeastSquares.fs"
            "if trend > 0 && surpriseOfTrend spectrum"
            "if trend > 9 && surpriseOfTrend spectrum"
            "units that the evidence switches off leave the model"
    ]
