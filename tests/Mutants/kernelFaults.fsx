// Faults in the kernels.

#load "fault.fsx"

open Fault

let all: Fault list =
    [
        {
            Name = "minimum-image-in-distances"
            File = "src/HgnFunctional.Kernels/Graph/Displacement.cs"
            Original = "period > 0.0 ? difference"
            Fault = "period > 1e9 ? difference"
            Law = "distances are those of the nearest images"
        }
        {
            Name = "tilts-in-distances"
            File = "src/HgnFunctional.Kernels/Graph/Displacement.cs"
            Original = "difference[j] -= Tilts[row + j] * times"
            Fault = "difference[j] += Tilts[row + j] * times"
            Law = "distances are those of the nearest images in a skewed box"
        }
        {
            Name = "third-axis-in-distances"
            File = "src/HgnFunctional.Kernels/Graph/PairGather.cs"
            Original = "Math.Sqrt((x * x) + (y * y) + (z * z))"
            Fault = "Math.Sqrt((x * x) + (y * y) + (z * x))"
            Law = "the distance kernel has the bits of its scalar twin"
        }
        {
            Name = "sender-and-receiver-in-scatter"
            File = "src/HgnFunctional.Kernels/Graph/PairScatter.cs"
            Original = "sender[a] += part;\n                receiver[a] -= part;"
            Fault = "receiver[a] += part;\n                sender[a] -= part;"
            Law = "gather, slope and scatter give the gradient of an energy"
        }
        {
            Name = "receiver-sign-in-rows"
            File = "src/HgnFunctional.Kernels/Graph/PairScatter.cs"
            Original = "-direction[a], slopes);"
            Fault = "direction[a], slopes);"
            Law = "rows are derivatives of values; action is reaction"
        }
        {
            Name = "slope-of-tanh"
            File = "src/HgnFunctional.Kernels/Elementwise/Tanh.cs"
            Original = "slope = e * half * half;"
            Fault = "slope = e * half * inverse;"
            Law = "the slope is the derivative of the value"
        }
        {
            Name = "slope-alone-of-softplus"
            File = "src/HgnFunctional.Kernels/Elementwise/Softplus.cs"
            Original = "Sigmoid.OfExponential(x, Exponential.OfMinusAbs(x));"
            Fault = "Sigmoid.OfExponential(x, Exponential.OfMinusAbs(x + x));"
            Law = "the slope alone has the bits of the slope with the value"
        }
        {
            Name = "sine-reduced-in-two-parts"
            File = "src/HgnFunctional.Kernels/Elementwise/Sine.cs"
            Original = "r = Vector.MultiplyAddEstimate(n, new(-HalfPiLow), r);"
            Fault = "r = Vector.MultiplyAddEstimate(n, new(0.0 * HalfPiLow), r);"
            Law = "the sine is accurate where its argument is near a multiple of pi"
        }
        {
            Name = "weight-in-slope-of-sum"
            File = "src/HgnFunctional.Kernels/Elementwise/FeatureKernel.cs"
            Original = "slopeSum = Vector.MultiplyAddEstimate(c * w, s, slopeSum);"
            Fault = "slopeSum = Vector.MultiplyAddEstimate(c, s, slopeSum);"
            Law = "sums equal the scalar loop"
        }
        {
            Name = "remainder-of-sum"
            File = "src/HgnFunctional.Kernels/Elementwise/FeatureKernel.cs"
            Original = "Lanes.Store(slopeSum, slope[i..]);"
            Fault = "Lanes.Store(valueSum, slope[i..]);"
            Law = "sums of every length equal the scalar loop"
        }
        {
            Name = "reflector-that-cancels"
            File = "src/HgnFunctional.Kernels/Dense/HouseholderUpdate.cs"
            Original = "double beta = alpha >= 0.0 ? -norm : norm;"
            Fault = "double beta = alpha > 0.0 ? norm : -norm;"
            Law = "the triangle keeps R'R + A'A for tiny and large numbers"
        }
        {
            Name = "padding-not-cleared"
            File = "src/HgnFunctional.Kernels/Dense/HouseholderUpdate.cs"
            Original = "column[rows..].Clear();"
            Fault = "column[rows..].Fill(column[0] * 1e-3);"
            Law = "every number of rows gives the triangle of the scalar loop"
        }
    ]
