// Faults in methods, steppers and runs.

#load "fault.fsx"

open Fault

let private folder = "src/HgnFunctional/Integrators/"

let private fault (name: string) (file: string) (original: string) (instead: string) (law: string) : Fault =
    { Name = name; File = folder + file; Original = original; Fault = instead; Law = law }

let all: Fault list =
    [
        fault
            "no-adjoint-in-symmetrise"
            "SplittingMethod.fs"
            "compose [ 0.5, method; 0.5, adjoint method ]"
            "compose [ 0.5, method; 0.5, method ]"
            "Stoermer-Verlet is symmetric and of order two"
        fault
            "weight-of-triple-jump"
            "SplittingMethod.fs"
            "1.0 / (2.0 - root method 2.0)"
            "1.0 / (2.0 - root method 2.01)"
            "a triple jump has two orders more"
        fault "order-two-weight-in-order-six" "SplittingMethod.fs" "0.784513610477560" "0.784513610" "every method has its order"
        fault "digit-of-blanes-moan" "SplittingMethod.fs" "0.396309801498368" "0.396309801" "every method has its order"
        fault
            "claim-of-nystroem-for-any-T"
            "SplittingMethod.fs"
            "blanesMoan \"blanes-moan-srkn-6\" 6 4"
            "blanesMoan \"blanes-moan-srkn-6\" 6 6"
            "every method has its general order where T is not quadratic"
        fault
            "stale-forces"
            "Flow.fs"
            "if current <> point.PositionMoves then"
            "if current < 0L then"
            "forces are those of the positions now"
        fault
            "stale-velocities"
            "Flow.fs"
            "if current <> point.MomentumMoves then"
            "if current < 0L then"
            "velocities are those of the momenta now"
        fault
            "forces-of-every-kick"
            "Flow.fs"
            "current <- point.PositionMoves"
            "current <- -1L"
            "a run counts the evaluations that its method claims"
        fault
            "drag-that-drives"
            "../Mechanics/Drive.fs"
            "destination[k] <- destination[k] - rate * momenta[k]"
            "destination[k] <- destination[k] + rate * momenta[k]"
            "energy lost is the work of drag, to the order of the method"
        fault
            "drive-of-half-a-kick"
            "DrivenKick.fs"
            "let halfway = power point\n                advance (0.5 * time) point"
            "let halfway = power point"
            "friction slows free bodies as the closed form says, to rounding where T is known"
        fault
            "decay-without-gain"
            "DrivenKick.fs"
            "decay[first + column] * before[column] + gain[first + column] * force[body * d + column]"
            "decay[first + column] * before[column] + 0.5 * time * force[body * d + row] / float d"
            "every method that takes a drive finds the damped oscillator, in its order"
        fault
            "work-by-the-trapezoid"
            "DrivenKick.fs"
            "time / 6.0 * (atStart + 4.0 * halfway + power point)"
            "time / 2.0 * (0.0 * halfway + atStart + power point)"
            "energy lost is the work of drag, to the order of the method"
        fault
            "work-that-no-one-counts"
            "Stepper.fs"
            "destination[2 * half] <- TensorPrimitives.Dot("
            "destination[2 * half] <- 0.0 * TensorPrimitives.Dot("
            "energy lost is the work of drag, to the order of the method"
        fault
            "zero-drag-is-drag"
            "DrivenKick.fs"
            "drive.Rates.IndexOfAnyExcept(0.0) < 0"
            "drive.Rates.IsEmpty"
            "without drag the motion is that of the method, to the last bit"
        fault
            "symplectic-under-drag"
            "Integrator.fs"
            "if dynamics.Drive.IsSome then"
            "if false then"
            "every method that takes a drive finds the damped oscillator, in its order"
        fault
            "forces-with-the-sign-of-the-gradient"
            "Stepper.fs"
            "TensorPrimitives.Negate(Span<float>.op_Implicit rateOfP, rateOfP)"
            "ignore rateOfP.Length"
            "Hamilton's equations have one minus sign"
        fault
            "gauss-matrix-transposed"
            "RungeKuttaStepper.fs"
            "timeStep * method.Matrix[i][j] / unit"
            "timeStep * method.Matrix[j][i] / unit"
            "every method has its order"
        fault
            "iteration-stops-early"
            "../Numerics/FixedPoint.fs"
            "let rounding = 1e-16"
            "let rounding = 1e-5"
            "implicit methods preserve the area form"
        fault
            "silent-when-not-converged"
            "../Numerics/FixedPoint.fs"
            "else NotConverged(iterations, change)"
            "else Converged iterations"
            "a step that does not converge is an error"
        fault
            "time-lost-in-substeps"
            "RungeKuttaStepper.fs"
            "left - substep"
            "left - 0.999 * substep"
            "an adaptive method keeps its tolerance"
        fault
            "compared-weight-of-dormand-prince"
            "RungeKuttaMethod.fs"
            "5179.0 / 57600.0"
            "5179.0 / 57000.0"
            "the method that is compared with is of order four"
        fault
            "turn-of-extended-copies"
            "Extended.fs"
            "cosine * differenceP - sine * unit * differenceQ"
            "cosine * differenceP + sine * unit * differenceQ"
            "extended methods preserve the area form of both copies"
        fault
            "extended-flow-of-one-copy"
            "Extended.fs"
            "Stepper.addScaled otherMomenta -h gradientQ"
            "Stepper.addScaled otherMomenta (-0.99 * h) gradientQ"
            "every method has its order"
        fault "divergence-of-momenta-unseen" "Splitting.fs" "if point.IsFinite then" "if true then" "a run that diverges says at which step"
        fault
            "time-of-observations"
            "Trajectory.fs"
            "timeStep * float taken"
            "timeStep * float (taken / every)"
            "observers see the times of a recorded run"
        fault
            "coupling-without-units"
            "IntegratorSettings.fs"
            "sqrt (mass * largest)"
            "sqrt largest"
            "the suggested coupling follows the units"
    ]
