using System.Text.RegularExpressions;

namespace Starling.Architecture.Tests.Sources;

/// <summary>
/// Finds code whose unexpected exception ends the process: a timer, thread or asynchronous method without a net. Timers are made by
/// <c>GuardedTimer</c>.
/// </summary>
internal static partial class BareTimers
{
    /// <summary>Where timers are made, and a clock that only passes on what others make.</summary>
    private static readonly string[] Exempt = ["Broker/Threading/GuardedTimer.cs", "Broker/Time/BrokerClock.cs"];

    /// <summary>One text per line.</summary>
    public static IReadOnlyList<string> In(IEnumerable<SourceFile> sources) =>
    [
        .. from source in sources
           where !Exempt.Any(exempt => source.Path.Replace('\\', '/').EndsWith(exempt, StringComparison.Ordinal))
           from line in source.Text.Split('\n').Index()
           where Bare().IsMatch(line.Item)
           select $"{source.Path}:{line.Index + 1}: {line.Item.Trim()}",
    ];

    [GeneratedRegex(@"\.CreateTimer\(|\bTimerCallback\b|new\s+(System\.)?(Threading\.|Timers\.)?(Timer|Thread)\(|\basync\s+void\b|RegisterWaitForSingleObject")]
    private static partial Regex Bare();
}
