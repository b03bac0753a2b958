// Faults in training, models, known systems, methods and measures.

#load "fault.fsx"

open Fault

let all: Fault list =
    [
        {
            Name = "chunks-by-parity-of-thread"
            File = "src/HgnFunctional/Learning/Design.fs"
            Original = "Array.sub parts (system * chunks.Length) chunks.Length"
            Fault =
                "Array.sub parts (system * chunks.Length) chunks.Length\n"
                + "            |> (if Environment.CurrentManagedThreadId % 2 = 0 then Array.rev else id)"
            Law = "concurrent runs give the bits of one run alone"
        }
        {
            Name = "chunks-by-parity-of-worker"
            File = "src/HgnFunctional/Learning/Design.fs"
            Original =
                "Parallel.For(0, parts.Length, fun index -> parts[index] <- reduce systems[index / chunks.Length] chunks[index % chunks.Length])"
            Fault =
                "let workers = Array.zeroCreate<int> parts.Length in "
                + "Parallel.For(0, parts.Length, fun index -> "
                + "parts[index] <- reduce systems[index / chunks.Length] chunks[index % chunks.Length]; "
                + "workers[index] <- Environment.CurrentManagedThreadId) |> ignore; "
                + "let key index worker = 1000000 * (index / chunks.Length) + 1000 * (worker % 2) + index in "
                + "Array.Sort(Array.mapi key workers, parts)"
            Law = "results do not depend on which thread did what"
        }
        {
            Name = "chunks-as-they-are-done"
            File = "src/HgnFunctional/Learning/Design.fs"
            Original = "parts[index] <- reduce systems[index / chunks.Length] chunks[index % chunks.Length])"
            Fault =
                "let part = reduce systems[index / chunks.Length] chunks[index % chunks.Length] in let first = index / chunks.Length * chunks.Length in "
                + "lock parts (fun () -> parts[Array.FindIndex(parts, first, fun other -> obj.ReferenceEquals(other, null))] <- part))"
            Law = "results do not depend on which thread is done first"
        }
        {
            Name = "ridge-on-the-trend"
            File = "src/HgnFunctional/Learning/Design.fs"
            Original = "k < block.Trend"
            Fault = "k < 0 * block.Trend"
            Law = "the trend is not penalised"
        }
        {
            Name = "sign-of-forces"
            File = "src/HgnFunctional/Learning/Design.fs"
            Original = "finishRows columns system.Unit -1.0 forceScale"
            Fault = "finishRows columns system.Unit 1.0 forceScale"
            Law = "springs are learned"
        }
        {
            Name = "rows-of-forces-not-scaled"
            File = "src/HgnFunctional/Learning/Survey.fs"
            Original = "ForceScale = scaleOf pinnedCount pinnedForces forces"
            Fault = "ForceScale = 1.0 + 0.0 * scaleOf pinnedCount pinnedForces forces"
            Law = "the units of the data do not matter to a coupled fit"
        }
        {
            Name = "hash-without-forces"
            File = "src/HgnFunctional/Learning/Fingerprint.fs"
            Original = "addFloats hash snapshot.Forces"
            Fault = "ignore snapshot.Forces.Length"
            Law = "other data have another hash"
        }
        {
            Name = "constant-not-fixed"
            File = "src/HgnFunctional/Learning/Training.fs"
            Original = "Constant = -(energyAt survey.First terms)"
            Fault = "Constant = 0.0 * energyAt survey.First terms"
            Law = "the energy is zero at the first snapshot"
        }
        {
            Name = "gradient-not-cleared"
            File = "src/HgnFunctional/Models/ModelHamiltonian.fs"
            Original = "gradientP.Clear()"
            Fault = "ignore gradientP.Length"
            Law = "gradients are written, not added"
        }
        {
            Name = "force-of-models"
            File = "src/HgnFunctional/Models/ModelHamiltonian.fs"
            Original = "System.Numerics.Tensors.TensorPrimitives.Negate(Span<float>.op_Implicit destination, destination)"
            Fault = "ignore destination.Length"
            Law = "energy does not drift"
        }
        {
            Name = "mass-in-known-velocities"
            File = "src/HgnFunctional/Systems/SumSystem.fs"
            Original = "momenta[k] / structure.Masses[k / structure.Dimension]"
            Fault = "momenta[k]"
            Law = "known gradients are derivatives of known energies"
        }
        {
            Name = "sign-of-known-forces"
            File = "src/HgnFunctional/Systems/SumSystem.fs"
            Original = "TensorPrimitives.Negate(Span<float>.op_Implicit destination, destination)"
            Fault = "ignore destination.Length"
            Law = "energy does not drift"
        }
        {
            Name = "slope-of-anharmonic"
            File = "src/HgnFunctional/Systems/Potential.fs"
            Original = "stiffness * x + quartic * x * x * x"
            Fault = "stiffness * x + 0.5 * quartic * x * x * x"
            Law = "known forces are derivatives of known energies"
        }
        {
            Name = "momentum-over-the-wrong-axis"
            File = "src/HgnFunctional/Metrics/Conservation.fs"
            Original = "sum[axis] <- sum[axis] + momenta[body * d + axis]"
            Fault = "sum[axis] <- sum[axis] + momenta[axis * state.Bodies + body]"
            Law = "total momentum is conserved"
        }
        {
            Name = "sign-in-angular-momentum"
            File = "src/HgnFunctional/Metrics/Conservation.fs"
            Original = "- positions[first + b] * momenta[first + a]"
            Fault = "+ positions[first + b] * momenta[first + a]"
            Law = "angular momentum is conserved"
        }
        {
            Name = "drift-of-the-last-state-alone"
            File = "src/HgnFunctional/Metrics/Conservation.fs"
            Original = "struct (first, max largest (distance (quantity state) first))"
            Fault = "struct (first, distance (quantity state) first)"
            Law = "drifts are the largest over all states"
        }
        {
            Name = "mean-square-error-without-velocities"
            File = "src/HgnFunctional/Metrics/Errors.fs"
            Original = "SquareSum.add forceErrors velocityErrors"
            Fault = "SquareSum.add forceErrors SquareSum.zero"
            Law = "errors are those computed by hand"
        }
    ]
