/// Tolerances by name, each with the reason for its size. A test names one; it never writes a number of its own.
[<RequireQualifiedAccess>]
module HgnFunctional.Tests.Support.Tolerance

/// Laws that hold exactly in real arithmetic. A turn moves coordinates of size 40 by a few units in the last place, which a
/// distance of 0.4 sees a hundredfold and r^-3 another tenfold: some 1e-13.
let exactLaw: float = 1e-12

/// What is zero at a place, a relative 1e-12 before it: a dozen times that, since the steepest power is r^-12, and its slope
/// another dozen.
let nearlyZero: float = 1e-9

/// Two ways to sum the same numbers, by vector lanes or one by one.
let reordered: float = 1e-12

/// Five-point differences with step 1e-4: truncation is some 1e-8 of r^-3 at the least distance 0.4, rounding 1e-12.
let difference: float = 1e-6

/// Nine-point differences of values by strains of 1e-3: truncation is below rounding, which is 1e-16 over the step and sums of r^-3
/// and of steep units.
let strain: float = 1e-8

/// Householder reductions in another order: the rounding of 1e-16, times the rows, times a condition number below 1e4.
let leastSquares: float = 1e-10

/// R^T R against A^T A: squares add up without cancellation, so rounding is that of one dot product.
let gram: float = 1e-12

/// Predictions after the data came in another order, as a multiple of the largest readout. The fitted function is fixed by the data;
/// only rounding differs, since large readouts cancel: 1.2e-14 at most over 61 orders of frames with each sampler and activation.
let sameData: float = 3e-14

/// Forces of steep bonds after the data came in another order, with the noise of the data at 1e-7 of the largest force: rounding
/// times the ratio of the steepest force to those near rest.
let otherOrder: float = 1e-10

/// How far two fits whose hidden units rise between other points of the data may lie apart, as a multiple of the relative
/// errors that both report: over 60 orientations of the data each is at most 1.5 times its own off the truth.
let reportedErrors: float = 3.0

/// Predictions from the same data in other units: inputs are rounded again, and nearly redundant columns amplify that.
let otherUnits: float = 1e-8

/// Weights of samplers on inputs in other units: the rounding of normalised inputs over the least distance between two of a
/// few dozen points, which now and then is 1e-5.
let sampledWeights: float = 1e-10

/// A force law with two or three powers of r, which the trend of the pair block holds exactly.
let springs: float = 1e-7

/// A smooth force law that hidden units approximate.
let smoothForces: float = 1e-3

/// A measured order of accuracy, over step sizes a factor two apart: terms of the next order still show a little.
let order: float = 0.15

/// Five-point differences of one step of a method with step 1e-3: truncation and rounding are each some 1e-12, and forces
/// at the least distance amplify them.
let symplectic: float = 1e-7

/// A step and its inverse: rounding of a few dozen stages, where forces at the least distance amplify it.
let reversed: float = 1e-11

/// Conserved sums after some dozens of steps: rounding adds up.
let conserved: float = 1e-12

/// Forty steps of a liquid with forces summed in another order: rounding grows as trajectories part.
let listed: float = 1e-9

/// The same with substeps whose lengths follow the error: the force's second derivative jumps at the cutoff, and rounding
/// decides on which side a substep ends.
let listedAdaptive: float = 1e-6

/// Laws that hold exactly in real arithmetic of features in layers, far outside the range that they were drawn for: scenes
/// reach 40 in units of that range, and each layer passes rounding on many times over. Within the range a trained model is
/// held to `framed`.
let layered: float = 1e-7

/// Invariance of a model with the paper's inputs, within the range of its training: the rounding of the frame's axes.
let framed: float = 1e-10
