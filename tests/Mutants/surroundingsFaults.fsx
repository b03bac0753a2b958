// Faults in fields, drives, pins and the choice of families.

#load "fault.fsx"

open Fault

let private fault (name: string) (file: string) (original: string) (instead: string) (law: string) : Fault =
    { Name = name; File = "src/HgnFunctional/" + file; Original = original; Fault = instead; Law = law }

let all: Fault list =
    [
        fault
            "pinned-bodies-teach"
            "Learning/Rows.fs"
            "if isEnergy || not pins[row % pins.Length] then"
            "if true then"
            "a soft body under gravity and drag, its top pinned: learned small, used large, with its constants"
        fault
            "pinned-bodies-move"
            "Models/ModelHamiltonian.fs"
            "System.Numerics.Tensors.TensorPrimitives.Negate(Span<float>.op_Implicit destination, destination)\n            structure.ClearPinned destination"
            "System.Numerics.Tensors.TensorPrimitives.Negate(Span<float>.op_Implicit destination, destination)"
            "a model holds what is pinned: no velocity, no force, under whatever acts"
        fault
            "pins-at-rest"
            "Data/PinFinder.fs"
            "if not isWhole || not everMoving || frames < 2 then"
            "if not isWhole || frames < 2 then"
            "frames at rest pin nothing"
        fault
            "magnetic-force-that-drags"
            "Blocks/VelocityBlock.fs"
            "[| struct (a, b, -1.0); struct (b, a, 1.0) |]"
            "[| struct (a, b, 1.0); struct (b, a, 1.0) |]"
            "magnetic forces do no work, and positive drag takes energy"
        fault
            "drag-of-momenta"
            "Blocks/VelocityBlock.fs"
            "if isLinear then\n            1.0 / mass"
            "if isLinear then\n            1.0"
            "rates are what the forces are, where there are any"
        fault
            "net-force-of-pair-drag"
            "Blocks/PairDragBlock.fs"
            "destination[receiver * d + axis] + along * direction[axis]"
            "destination[receiver * d + axis] - along * direction[axis]"
            "drag between pairs keeps the momentum, and drag on bodies does not act on those at rest"
        fault
            "products-without-their-scale"
            "Blocks/FieldFunction.fs"
            "ofInputs[second] + weight * factor inputs first / features.Scales[second]"
            "ofInputs[second] + weight * factor inputs first"
            "rows are derivatives of values"
        fault
            "known-laws-are-learned-as-well"
            "Learning/Rows.fs"
            "block.PullbackInto(&configuration, readout, Span<float> left, Span<float>.Empty)"
            "ignore left.Length"
            "a law of one's own is taken off, and read with a vocabulary that has it"
        fault
            "every-family-stays"
            "Learning/Families.fs"
            "if ofRest <= surprise + bound (List.exists isLaw group) ofRest then"
            "if ofRest < surprise - 1e9 then"
            "gravity and drag together are found, though each hides the other"
        fault
            "energies-without-weights"
            "Learning/Rows.fs"
            "let counts (weight: float) = sqrt (weight * snapshot.Weight)"
            "let counts (weight: float) = sqrt weight"
            "a frame of weight 2 is the frame given twice, whatever was measured"
        fault
            "offsets-of-nobody"
            "Blocks/OffsetBlock.fs"
            "destination[0] <- count configuration.Structure"
            "destination[0] <- 1.0"
            "forces alone give energies up to a constant, energies alone give forces, and both give both with their zero"
        fault
            "wrapped-frames-jump"
            "Learning/Observation.fs"
            "later.Structure.Cell.ToNearest(Span<float>(step, start, d))"
            "ignore d"
            "places that wrap around a box are those of one motion"
        fault
            "paths-that-follow-nothing"
            "Learning/Training.fs"
            "if rounds = 0 || not survey.HasMotion then"
            "if rounds >= 0 || not survey.HasMotion then"
            "paths between coarse frames follow the forces that were found"
        fault
            "noise-of-other-amplification"
            "Learning/MotionErrors.fs"
            "structure.Masses[k / d] * structure.Masses[k / d] * ofWeights"
            "2.0 * structure.Masses[k / d] * structure.Masses[k / d] * ofWeights"
            "a chain seen with noise of"
        fault
            "no-evidence-from-all"
            "Learning/Families.fs"
            "if surprise <= explained then"
            "if surprise <= infinity then"
            "gravity and drag are found behind collisions, whose law no first guess of its form describes"
    ]
