namespace Starling.Durability;

internal static class Wait
{
    /// <returns>False when the condition has not come true in time.</returns>
    public static async Task<bool> UntilAsync(Func<bool> condition, TimeSpan patience)
    {
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        var end = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        while (!condition())
        {
            if (Environment.TickCount64 > end)
                return false;
            await looks.WaitForNextTickAsync();
        }
        return true;
    }
}
