// Faults in the derivatives of layered blocks.

#load "fault.fsx"

open Fault

let private fault (name: string) (file: string) (original: string) (instead: string) (law: string) : Fault =
    { Name = name; File = "src/HgnFunctional/" + file; Original = original; Fault = instead; Law = law }

let all: Fault list =
    [
        fault
            "third-axis-of-frame-derivative"
            "Invariance/LocalFrame.fs"
            "cross second ofThird 1.0 (ofAxes.Slice(0, 3))"
            "cross second ofThird 0.0 (ofAxes.Slice(0, 3))"
            "rows are derivatives of values"
        fault
            "mean-of-frame-derivative"
            "Blocks/GraphInputs.fs"
            "ofMean[axis] <- ofMean[axis] - part[axis]"
            "ofMean[axis] <- ofMean[axis] - 0.0 * part[axis]"
            "rows are derivatives of values"
        fault
            "sender-for-receiver-in-messages"
            "Blocks/MessageNetwork.fs"
            "addInto ofH ((receivers[edge] * f + k) * width) ofZ (start + own - width) width"
            "addInto ofH ((receivers[edge] * f + k) * width) ofZ start width"
            "rows are derivatives of values"
        fault
            "cutoff-derivative-of-messages"
            "Blocks/MessageNetwork.fs"
            "Array.Copy(finalOutputs.Values, edge * finalMap.Units + first, gradients.OfFactors, edge * units, units)"
            "Array.Copy(finalOutputs.Values, edge * finalMap.Units + first, gradients.OfFactors, edge * units, 0)"
            "rows are derivatives of values"
        fault
            "momenta-of-raw-features"
            "Blocks/RawBlock.fs"
            "rowsP[t * stride + unit] + byP[t]"
            "rowsP[t * stride + unit] + byQ[t]"
            "rows times readout are the pullback"
        fault
            "functions-of-edges-mixed"
            "Blocks/MessageNetwork.fs"
            "Array.init (all.Length / functions) (fun k -> all[(k / width * functions + f) * width + k % width])"
            "Array.init (all.Length / functions) (fun k -> all[(k / width * functions + 0 * f) * width + k % width])"
            "rows are derivatives of values"
        fault
            "switches-of-frames-not-counted"
            "Metrics/FrameSwitches.fs"
            "let isSwitch = before.IsSome && before <> now"
            "let isSwitch = before.IsNone && before <> now"
            "changes of a frame's bodies are counted, and states without a frame"
        fault
            "rows-of-a-halo"
            "Data/BodyWindow.fs"
            "not isOwn[k / d] ||"
            "isOwn.Length = 0 ||"
            "each free component is in one window, and pinned ones in none"
        fault "one-hop-less" "Data/BodyWindow.fs" "for _ in 1..hops do" "for _ in 2..hops do" "windows give the rows of the whole"
        fault
            "messages-of-few-hops"
            "Blocks/MessageBlock.fs"
            "Some(2 * network.Rounds.Length - 1)"
            "Some(network.Rounds.Length)"
            "windows give the rows of the whole"
        fault
            "own-image-twice-in-a-window"
            "Data/BodyWindow.fs"
            "            before < place\n"
            "            before > place\n"
            "also where several images of a body are near, beside bonds"
    ]
