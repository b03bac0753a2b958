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
            Original = "Unsafe.Add(ref z, p) = Unsafe.Add(ref from, 2) - Unsafe.Add(ref to, 2);"
            Fault = "Unsafe.Add(ref z, p) = Unsafe.Add(ref from, 2) - Unsafe.Add(ref to, 1);"
            Law = "the distance kernel has the bits of its scalar twin"
        }
        {
            Name = "tilts-of-many-differences"
            File = "src/HgnFunctional.Kernels/Graph/PairGather.cs"
            Original = "lattice.Tilts.Slice(i * (i - 1) / 2, i)"
            Fault = "lattice.Tilts[..i]"
            Law = "the difference kernel has the bits of its scalar twin in a skewed box"
        }
        {
            Name = "sums-of-a-sender-kept-too-long"
            File = "src/HgnFunctional.Kernels/Graph/PairScatter.cs"
            Original = "p < senders.Length && senders[p] == body; p++"
            Fault = "p < senders.Length && senders[p] <= body; p++"
            Law = "gradients have the bits of the scalar loop"
        }
        {
            Name = "distance-at-reach"
            File = "src/HgnFunctional.Kernels/Graph/PairReach.cs"
            Original = "distances[p] >= reach ? 0 : 1"
            Fault = "distances[p] < reach ? 1 : 0"
            Law = "a distance that is no number is not beyond reach"
        }
        {
            Name = "places-left-as-they-were"
            File = "src/HgnFunctional.Kernels/Graph/PairReach.cs"
            Original = "destination.Clear();"
            Fault = "destination[..0].Clear();"
            Law = "nothing acts beyond reach"
        }
        {
            Name = "third-axis-of-kinetic-terms"
            File = "src/HgnFunctional.Kernels/Graph/BodyTerms.cs"
            Original = "(p[1] * p[1]) + (p[2] * p[2])"
            Fault = "(p[1] * p[1]) + (p[2] * p[1])"
            Law = "kinetic terms have the bits of the scalar loop"
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
