using Starling.Edge.Configuration;
using Starling.Edge.Listeners.Admissions;

namespace Starling.Edge.Tests.Listeners.Admissions;

public sealed class ConnectionLimitsTests
{
    private static readonly LimitOptions Settings = new() { MaximumConnections = 5000, MaximumHalfOpen = 1000 };

    [Theory]
    [InlineData(null)]
    [InlineData(6000L)]
    public void Settings_hold_while_there_are_files_enough(long? files) =>
        ConnectionLimits.Of(Settings, files, open: 200).ShouldBe(new ConnectionLimits(5000, 1000));

    [Theory]
    [InlineData(1024L, 696, 348)]
    [InlineData(4096L, 3640, 1000)]
    [InlineData(64L, 1, 1)]
    public void Too_few_files_leave_a_reserve_and_half_of_the_rest_for_connections_without_CONNECT(long files, int connections, int halfOpen)
    {
        var limits = ConnectionLimits.Of(Settings, files, open: 200);

        (limits.MaximumConnections, limits.MaximumHalfOpen).ShouldBe((connections, halfOpen));
        limits.Problem.ShouldNotBeNull().ShouldContain($"may open {files} files: {connections} connections instead of limits.maximumConnections 5000");
    }

    [Theory]
    [InlineData(1_000_000, 1024L, true)]
    [InlineData(1_000_000, 20_000L, false)]
    [InlineData(50_000, 20_000L, true)]
    [InlineData(5000, 20_000L, false)]
    public void A_default_that_is_beyond_the_system_is_no_shortage_but_a_setting_is(int setting, long files, bool isShort)
    {
        var settings = Settings with { MaximumConnections = setting };

        ConnectionLimits.Of(settings, files, open: 200).IsShort(settings).ShouldBe(isShort);
    }
}
