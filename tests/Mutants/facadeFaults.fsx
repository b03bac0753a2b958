// Faults in the facade for C#, which its own tests must notice.

#load "fault.fsx"

open Fault

let private facade (name: string) = $"src/HgnFunctional.CSharp/{name}.cs"

let all: Fault list =
    [
        {
            Name = "momenta-of-frames-without-masses"
            File = facade "Data/TrajectoryFrame"
            Original = "Scaled(motion, k => system.Masses[k / system.Dimension])"
            Fault = "Scaled(motion, k => 1)"
            Law = "a frame of velocities has momenta of mass times velocity"
        }
        {
            Name = "velocities-of-frames-times-masses"
            File = facade "Data/TrajectoryFrame"
            Original = "k => 1 / system.Masses[k / system.Dimension]"
            Fault = "k => system.Masses[k / system.Dimension]"
            Law = "a frame of momenta has velocities of momentum over mass"
        }
        {
            Name = "states-from-velocities-without-masses"
            File = facade "Systems/BodySystem"
            Original = "momenta[k] *= Masses[k / Dimension];"
            Fault = "momenta[k] *= 1;"
            Law = "StateAt takes velocities"
        }
        {
            Name = "columns-of-tables-as-rows"
            File = facade "Data/States"
            Original = "positions.ToRowMajorArray(), momenta.ToRowMajorArray()"
            Fault = "positions.ToColumnMajorArray(), momenta.ToColumnMajorArray()"
            Law = "matrices have a row for each body"
        }
        {
            Name = "second-coordinate-lost-in-vectors"
            File = facade "Data/StateExtensions"
            Original = "dimension > 1 ? (float)row[1] : 0"
            Fault = "dimension > 2 ? (float)row[1] : 0"
            Law = "states of the plane come back as vectors"
        }
        {
            Name = "last-frame-of-simulations-left-out"
            File = facade "Simulation/Simulator"
            Original = "while (stepper.Steps < options.Steps)"
            Fault = "while (stepper.Steps + options.Interval < options.Steps)"
            Law = "a sequence of states ends with the last step"
        }
        {
            Name = "start-of-simulations-left-out"
            File = facade "Simulation/Simulator"
            Original = "yield return (0, start, 0);"
            Fault = "if (options.Steps < 0) { yield return (0, start, 0); }"
            Law = "a sequence of states begins with the start"
        }
        {
            Name = "negative-counts-of-steps-accepted"
            File = facade "Simulation/SimulationStepper"
            Original = "if (count < 0)"
            Fault = "if (count < -1000000)"
            Law = "a count below zero is refused"
        }
        {
            Name = "lengths-of-spans-not-checked"
            File = facade "Models/BoundModel"
            Original = "if (length != Bodies * Dimension)"
            Fault = "if (length < 0)"
            Law = "spans of another size are refused with a sentence"
        }
        {
            Name = "kept-features-of-custom-blocks-forgotten"
            File = facade "Blocks/CustomBlockAdapter"
            Original = "weights[kept[k]] = readout[k];"
            Fault = "weights[k] = readout[k];"
            Law = "features that are left of a custom block keep their places"
        }
        {
            Name = "refusals-of-custom-blocks-ignored"
            File = facade "Blocks/CustomBlockAdapter"
            Original = "block.Refuses(new BodySystem(structure)) is { } reason ?"
            Fault = "block.Refuses(new BodySystem(structure)) is { Length: < 0 } reason ?"
            Law = "a custom block can refuse a system"
        }
        {
            Name = "check-of-gradients-forgets-momenta"
            File = facade "Blocks/BlockCheck"
            Original = "for (var k = 0; k < 2 * size; k++)"
            Fault = "for (var k = 0; k < size; k++)"
            Law = "the check of a block finds a wrong derivative by momenta"
        }
        {
            Name = "infinite-numbers-let-through"
            File = facade "Support/Interop"
            Original = "RequireFinite(string field, ReadOnlySpan<double> values)\n    {"
            Fault = "RequireFinite(string field, ReadOnlySpan<double> values)\n    {\n        if (values.Length > 0) { return; }"
            Law = "numbers that are not finite are refused"
        }
        {
            Name = "frames-of-combined-datasets-forgotten"
            File = facade "Data/Dataset"
            Original = "copy.Sum(part => part.Frames)"
            Fault = "copy[0].Frames"
            Law = "a combined dataset has the frames of all its parts"
        }
    ]
