namespace HgnFunctional.CSharp;

/// <summary>Frames that a run which ended early left beside the file that it was to write.</summary>
/// <param name="File">Path of the file that holds them: that of the output and <c>.part</c>.</param>
/// <param name="Frames">How many there are.</param>
/// <param name="LastStep">Time step of the last.</param>
public sealed record KeptFrames(string File, int Frames, long LastStep);
