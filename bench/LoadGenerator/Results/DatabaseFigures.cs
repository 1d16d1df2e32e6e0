using Starling.LoadGenerator.Database;

namespace Starling.LoadGenerator.Results;

/// <summary>
/// What the broker's PostgreSQL did: in the measured time, or from before the first message of the scenario until after the last one.
/// </summary>
internal sealed record DatabaseFigures
{
    /// <summary>CPU time of all its processes in the measured time.</summary>
    public double CpuSeconds { get; init; }

    /// <summary>The same, for a million messages, in and out together.</summary>
    public double? CpuSecondsPerMillion { get; init; }

    /// <summary>Transactions in the measured time that wrote something, for each message.</summary>
    public double? TransactionsPerMessage { get; init; }

    /// <summary>Bytes of write-ahead log in the measured time, for each message.</summary>
    public double? WalBytesPerMessage { get; init; }

    /// <summary>Commits in the whole scenario, those of reading transactions too.</summary>
    public long? Commits { get; init; }

    /// <summary>Rows inserted into <c>starling.inbox</c> in the whole scenario.</summary>
    public long? InboxRows { get; init; }

    public double? CommitsPerMessage { get; init; }

    public double? InboxRowsPerMessage { get; init; }

    /// <param name="use">In the measured time.</param>
    /// <param name="messages">Messages in that time, each counted once.</param>
    /// <param name="moves">Messages in and out.</param>
    public static DatabaseFigures Of(DatabaseUse use, double messages, double moves) => new()
    {
        CpuSeconds = use.CpuSeconds,
        CpuSecondsPerMillion = Per(use.CpuSeconds * 1e6, moves),
        TransactionsPerMessage = Per(use.Transactions, messages),
        WalBytesPerMessage = Per(use.WalBytes, messages),
    };

    /// <param name="before">Statistics before the first message.</param>
    /// <param name="after">Statistics after the last one.</param>
    /// <param name="messages">Messages published between, or null when they were not counted.</param>
    public DatabaseFigures With(DatabaseStatistics before, DatabaseStatistics after, long? messages) => this with
    {
        Commits = after.Commits - before.Commits,
        InboxRows = after.InboxRows - (before.InboxRows ?? 0),
        CommitsPerMessage = Per(after.Commits - before.Commits, messages),
        InboxRowsPerMessage = Per(after.InboxRows - (before.InboxRows ?? 0), messages),
    };

    private static double? Per(double? value, double? count) => count > 0 ? value / count : null;
}
