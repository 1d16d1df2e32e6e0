namespace Starling.LoadGenerator.Database;

/// <summary>What a PostgreSQL server has done up to now, or between two moments. All of it is exact at once.</summary>
/// <param name="CpuSeconds">CPU time of all its processes.</param>
/// <param name="Transactions">Transactions that wrote something.</param>
/// <param name="WalBytes">Bytes in the write-ahead log.</param>
internal readonly record struct DatabaseUse(double CpuSeconds, long Transactions, long WalBytes)
{
    public static DatabaseUse operator +(DatabaseUse a, DatabaseUse b) =>
        new(a.CpuSeconds + b.CpuSeconds, a.Transactions + b.Transactions, a.WalBytes + b.WalBytes);

    public static DatabaseUse operator -(DatabaseUse a, DatabaseUse b) =>
        new(a.CpuSeconds - b.CpuSeconds, a.Transactions - b.Transactions, a.WalBytes - b.WalBytes);
}

/// <summary>PostgreSQL's own statistics of the broker's database. Its processes add to them up to ten seconds late.</summary>
/// <param name="Commits">Of transactions that only read, too.</param>
/// <param name="InboxRows">Rows inserted into <c>starling.inbox</c>; null before there is such a table.</param>
internal readonly record struct DatabaseStatistics(long Commits, long? InboxRows);
