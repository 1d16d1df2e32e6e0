namespace Starling.Grains.Interfaces;

/// <summary>Looks for sessions to which something is due, one part of all; the key is the number of the part.</summary>
[Alias("starling.sweep")]
public interface ISessionSweepGrain : IGrainWithIntegerKey
{
    /// <summary>Every silo asks for it now and then, so that it lives somewhere.</summary>
    [Alias("stay")]
    ValueTask StayAsync();
}
