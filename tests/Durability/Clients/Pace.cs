namespace Starling.Durability.Clients;

/// <summary>Random pauses up to a longest one; none when that is zero.</summary>
internal sealed class Pace(Random random, TimeSpan longest)
{
    private long _next;

    /// <summary>Until the next thing may be done.</summary>
    public TimeSpan Left => TimeSpan.FromMilliseconds(Math.Max(0, _next - Environment.TickCount64));

    public void Begin() => _next = Environment.TickCount64 + (long)(random.NextDouble() * longest.TotalMilliseconds);
}
