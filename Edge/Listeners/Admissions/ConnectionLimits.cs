using Starling.Edge.Configuration;

namespace Starling.Edge.Listeners.Admissions;

/// <summary>The limits of connections that are in force: those of the settings, or fewer when the process may not open so many files.</summary>
/// <param name="MaximumConnections">With or without CONNECT.</param>
/// <param name="MaximumHalfOpen">Without an accepted CONNECT. Half of the connections at most, where files are what limits them.</param>
/// <param name="Problem">What an operator has to know; null when the settings are in force.</param>
internal sealed record ConnectionLimits(int MaximumConnections, int MaximumHalfOpen, string? Problem = null)
{
    /// <summary>With fewer connections than this, an operator who has set nothing should know.</summary>
    private const int Plenty = 10_000;

    private const int LeastReserve = 48;
    private const int MostReserve = 256;

    /// <summary>Whether the problem needs attention: not where the default is more than the system allows, which is plenty.</summary>
    public bool IsShort(LimitOptions limits) =>
        Problem is not null && (MaximumConnections < Plenty || limits.MaximumConnections != new LimitOptions().MaximumConnections);

    /// <param name="limits">The settings.</param>
    /// <param name="files">How many files the process may have open; null for no limit.</param>
    /// <param name="open">How many it has open before there is a connection.</param>
    public static ConnectionLimits Of(LimitOptions limits, long? files, int open)
    {
        if (files is not { } most)
            return new(limits.MaximumConnections, limits.MaximumHalfOpen);
        // For the database, the cluster, management, certificates that are read again, connections that are refused.
        var reserve = Math.Clamp(most / 8, LeastReserve, MostReserve);
        var free = (int)Math.Clamp(most - open - reserve, 1, int.MaxValue);
        if (limits.MaximumConnections <= free)
            return new(limits.MaximumConnections, limits.MaximumHalfOpen);
        var halfOpen = Math.Min(limits.MaximumHalfOpen, Math.Max(1, free / 2));
        return new(
            free,
            halfOpen,
            $"the process may open {most} files: {free} connections instead of limits.maximumConnections {limits.MaximumConnections}"
            + (halfOpen < limits.MaximumHalfOpen ? $", {halfOpen} half-open ones instead of limits.maximumHalfOpen {limits.MaximumHalfOpen}" : ""));
    }
}
