// Faults in training, models, known systems, methods and measures.

#load "fault.fsx"

open Fault

let all: Fault list =
    [
        {
            Name = "leaves-by-parity-of-thread"
            File = "src/HgnFunctional/Learning/Design.fs"
            Original = "let part = parts[system][index]"
            Fault = "let part = parts[system][if Environment.CurrentManagedThreadId % 2 = 0 then leaves.Count - 1 - index else index]"
            Law = "concurrent runs give the bits of one run alone"
        }
        {
            Name = "leaves-as-they-are-done"
            File = "src/HgnFunctional/Learning/Design.fs"
            Original = "parts[system][leaf] <- reduceBy reduceSmall systems[system] leaves[leaf]"
            Fault =
                "let part = reduceBy reduceSmall systems[system] leaves[leaf] in "
                + "lock parts (fun () -> parts[system][Array.findIndex (box >> isNull) parts[system]] <- part)"
            Law = "results do not depend on which thread is done first"
        }
        {
            Name = "merge-as-parts-come"
            File = "src/HgnFunctional/Numerics/MergeTree.fs"
            Original = "let both = if isLeft then merge value other else merge other value"
            Fault = "let both = merge value other"
            Law = "1, 2, 7 and 64 shares in any order"
        }
        {
            Name = "first-frame-of-whoever-came-first"
            File = "src/HgnFunctional/Learning/SurveyCollector.fs"
            Original = "| Some(struct (before, _)) when before <= number -> ()"
            Fault = "| Some(struct (before, _)) when before <= number + 1000000L -> ()"
            Law = "1, 2, 7 and 64 shares in any order"
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
            File = "src/HgnFunctional/Learning/Rows.fs"
            Original = "finish columns system.Unit -1.0 (counts system.Weights.Forces)"
            Fault = "finish columns system.Unit 1.0 (counts system.Weights.Forces)"
            Law = "springs are learned"
        }
        {
            Name = "rows-of-forces-not-scaled"
            File = "src/HgnFunctional/Learning/SurveyCollector.fs"
            Original = "else scaleOf (forceComponents - pinnedCount) (ExactSum.less pinnedForces forces)"
            Fault = "else 1.0 + 0.0 * scaleOf (forceComponents - pinnedCount) (ExactSum.less pinnedForces forces)"
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
            File = "src/HgnFunctional/Learning/Fit.fs"
            Original = "-(energyAt overview.First terms)"
            Fault = "0.0 * energyAt overview.First terms"
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
