// Faults in numerics, mechanics, graphs, features and blocks.

#load "fault.fsx"

open Fault

let all: Fault list =
    [
        {
            Name = "rows-of-a-merge"
            File = "src/HgnFunctional/Numerics/TallSkinnyQr.fs"
            Original = "first.Rows + second.Rows"
            Fault = "first.Rows"
            Law = "any split of the rows gives the same number of rows"
        }
        {
            Name = "rows-folded-without-end"
            File = "src/HgnFunctional/Numerics/TallSkinnyQr.fs"
            Original = "start <- start + height"
            Fault = "start <- start + 0 * height"
            Law = "the fold ends"
        }
        {
            Name = "random-numbers-without-seed"
            File = "src/HgnFunctional/Numerics/Rng.fs"
            Original = "Xoshiro256StarStar(int (derive seed purpose &&& 0x7FFFFFFFUL), false)"
            Fault = "(ignore (derive seed purpose); System.Random.Shared)"
            Law = "a draw is a pure function of seed and inputs"
        }
        {
            Name = "one-stream-for-all-purposes"
            File = "src/HgnFunctional/Numerics/Rng.fs"
            Original = "mix (state + 0x9E3779B97F4A7C15UL + uint64 letter)"
            Fault = "mix (state + 0x9E3779B97F4A7C15UL + 0UL * uint64 letter)"
            Law = "adding one purpose does not shift another"
        }
        {
            Name = "evidence-without-occam"
            File = "src/HgnFunctional/Numerics/LeastSquares.fs"
            Original = "log variance + occam"
            Fault = "log variance + 0.0 * occam"
            Law = "the ridge grows with noise"
        }
        {
            Name = "trend-without-hidden-units"
            File = "src/HgnFunctional/Numerics/LeastSquares.fs"
            Original = "- byHidden - byTrend"
            Fault = "- 0.0 * byHidden - byTrend"
            Law = "trend and hidden units together fit the target"
        }
        {
            Name = "minimum-image-in-neighbours"
            File = "src/HgnFunctional.Kernels/Graph/Displacement.cs"
            Original = "squares += nearest * nearest"
            Fault = "squares += (from[a] - to[a]) * nearest"
            Law = "the neighbours are those that brute force finds"
        }
        {
            Name = "bins-of-a-skewed-box-too-narrow"
            File = "src/HgnFunctional/Space/Neighbours.fs"
            Original = "let width = radius * margin * stretches[axis]"
            Fault = "let width = radius * margin"
            Law = "the neighbours are those that brute force finds, in skewed boxes"
        }
        {
            Name = "tilts-are-not-reduced"
            File = "src/HgnFunctional/Space/Cell.fs"
            Original = "Array.blit difference 0 reduced row vector"
            Fault = "Array.blit difference 0 reduced row 0"
            Law = "other vectors of the same lattice give the same tilts"
        }
        {
            Name = "bins-do-not-wrap"
            File = "src/HgnFunctional/Space/Neighbours.fs"
            Original = "elif axis.Around > 0 then"
            Fault = "elif axis.Around > 1000000 then"
            Law = "the neighbours are those that brute force finds, in many bins"
        }
        {
            Name = "neighbours-never-renewed"
            File = "src/HgnFunctional/Bodies/PairSource.fs"
            Original = "valid <- moved <= reach * reach"
            Fault = "valid <- moved <= reach * reach + infinity"
            Law = "a pair source follows a random walk"
        }
        {
            Name = "skin-used-twice"
            File = "src/HgnFunctional/Bodies/PairSource.fs"
            Original = "0.5 * Structure.Skin * least"
            Fault = "Structure.Skin * least"
            Law = "two bodies that approach each other by half the skin each still meet"
        }
        {
            Name = "slope-of-inverse-cube"
            File = "src/HgnFunctional.Kernels/Elementwise/RadialKernel.cs"
            Original = "(-3.0) / (r * r * r * r)"
            Fault = "(-3.0) / (r * r * r)"
            Law = "slopes of radial transforms are derivatives"
        }
        {
            Name = "slope-of-quartic-cutoff"
            File = "src/HgnFunctional/Features/Cutoff.fs"
            Original = "-4.0 * x * (1.0 - x * x)"
            Fault = "-2.0 * x * (1.0 - x * x)"
            Law = "slopes of cutoffs are derivatives"
        }
        {
            Name = "swim-shift-times-four"
            File = "src/HgnFunctional/Features/Activation.fs"
            Original = "\"tanh\", ln3, 0.5 * ln3"
            Fault = "\"tanh\", ln3, 2.0 * ln3"
            Law = "every unit of SWIM takes its two values at two points"
        }
        {
            Name = "pool-passes-over-duplicates"
            File = "src/HgnFunctional/Features/InputSample.fs"
            Original = "key <= hashes.Peek()"
            Fault = "key < hashes.Peek()"
            Law = "a pool does not depend on the order of points"
        }
        {
            Name = "pool-keeps-the-first-output"
            File = "src/HgnFunctional/Features/InputSample.fs"
            Original = "struct (known, min least output)"
            Fault = "struct (known, least)"
            Law = "the output of a duplicate does not depend on order"
        }
        {
            Name = "range-of-falling-transform"
            File = "src/HgnFunctional/Features/InputSample.fs"
            Original = "Low = Array.map2 min low high"
            Fault = "Low = low"
            Law = "a falling transform swaps the ends of the range"
        }
        {
            Name = "mass-in-rows-of-velocity"
            File = "src/HgnFunctional/Blocks/BodyBlock.fs"
            Original = "configuration.Momenta[k] / configuration.Structure.Masses[body]"
            Fault = "configuration.Momenta[k]"
            Law = "rows are derivatives of values"
        }
        {
            Name = "scale-of-constant-slope"
            File = "src/HgnFunctional/Blocks/ScalarUnits.fs"
            Original = "ValueSome(1.0 / units.Map.HalfRanges[0] * readout[0])"
            Fault = "ValueSome(readout[0])"
            Law = "velocities are those of momenta and masses"
        }
        {
            Name = "slope-of-trend"
            File = "src/HgnFunctional/Blocks/ScalarUnits.fs"
            Original = "TensorPrimitives.MultiplyAdd(x, 2.0 * quadratic, sums, slopes)"
            Fault = "TensorPrimitives.MultiplyAdd(x, quadratic, sums, slopes)"
            Law = "rows times readout are the pullback"
        }
        {
            Name = "product-rule-in-pullback"
            File = "src/HgnFunctional/Blocks/PairEnergy.fs"
            Original = "c * nearSlopes[k] + factor.Shape.Slope x / factor.Radius * nearValues[k]"
            Fault = "c * nearSlopes[k]"
            Law = "rows times readout are the pullback"
        }
        {
            Name = "product-rule-in-rows"
            File = "src/HgnFunctional/Blocks/PairBlock.fs"
            Original = "if slopeOfC <> 0.0 then"
            Fault = "if slopeOfC > 0.0 then"
            Law = "rows are derivatives of values"
        }
        {
            Name = "range-of-distances-swapped"
            File = "src/HgnFunctional/Blocks/PairBlock.fs"
            Original = "Low = sample.Low[0]; High = sample.High[0]"
            Fault = "Low = sample.High[0]; High = sample.Low[0]"
            Law = "what lies outside the training range is counted"
        }
        {
            Name = "nothing-below-the-range"
            File = "src/HgnFunctional/Blocks/PairEnergy.fs"
            Original = "distances[k] < range.Low || distances[k] > range.High"
            Fault = "distances[k] > range.High"
            Law = "what lies outside the training range is counted, on both sides"
        }
        {
            Name = "reflectors-overwritten"
            File = "src/HgnFunctional/Numerics/WideFold.fs"
            Original = "Span<float> reflectors[tile % 2],"
            Fault = "Span<float> reflectors[0 * tile],"
            Law = "rows folded tile by tile give the same bits"
        }
        {
            Name = "wide-trend-penalised"
            File = "src/HgnFunctional/Numerics/PenalisedFit.fs"
            Original = "Array.indexed isTrend |> Array.filter (snd >> not)"
            Fault = "Array.indexed isTrend |> Array.filter (snd >> not >> (||) true)"
            Law = "a trend is not penalised without pivoting"
        }
        {
            Name = "wide-ridge-without-floor"
            File = "src/HgnFunctional/Numerics/LeastSquares.fs"
            Original = "| Relative fraction -> max leastRidge fraction"
            Fault = "| Relative fraction -> fraction"
            Law = "redundant columns do no harm without pivoting"
        }
        {
            Name = "sketch-without-its-last-columns"
            File = "src/HgnFunctional/Numerics/ColumnSketch.fs"
            Original = "if chosen.Length = most then None else Some(Array.sort chosen)"
            Fault = "if chosen.Length = most then None else Some(Array.sort (Array.skip 1 chosen))"
            Law = "of many features that few carry, those few are kept"
        }
        {
            Name = "rows-of-chosen-columns-forgotten"
            File = "src/HgnFunctional/Numerics/TallSkinnyQr.fs"
            Original = "TallSkinnyQr.OfOwned(columns.Length, accumulator.Rows, triangle)"
            Fault = "TallSkinnyQr.OfOwned(columns.Length, int64 n + 1L, triangle)"
            Law = "of many features that few carry, those few are kept"
        }
        {
            Name = "units-of-swim-as-steep-as-scatter"
            File = "src/HgnFunctional/Features/Sampler.fs"
            Original = "if distance < narrowest then"
            Fault = "if distance < 0.0 * narrowest then"
            Law = "where outputs scatter, units of SWIM are no steeper than their share of the range"
        }
    ]
