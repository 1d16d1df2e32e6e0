using System.Net;
using Starling.Edge.Connections;
using Starling.Testing;

namespace Starling.Edge.Tests.Connections;

public sealed class RefusalLinesTests : IDisposable
{
    private static readonly IPEndPoint Address = IPEndPoint.Parse("192.0.2.1:1000");

    private readonly ManualTime _time = new();
    private readonly RecordingLogger<RefusalLines> _logger = new();
    private readonly RefusalLines _lines;

    public RefusalLinesTests() => _lines = new RefusalLines(_time, _logger);

    public void Dispose() => _lines.Dispose();

    [Fact]
    public void One_line_of_a_minute_is_written_and_the_others_are_counted()
    {
        var written = Enumerable.Range(0, 3000).Count(_ => _lines.MayLog("tcp", "NotAuthorized", Address));

        _time.Advance(TimeSpan.FromMinutes(2));

        written.ShouldBe(1);
        _logger.Informations.ShouldBe(["Listener tcp: refused 2999 more CONNECTs of 192.0.2.1 within a minute, NotAuthorized"]);
        _lines.MayLog("tcp", "NotAuthorized", Address).ShouldBeTrue();
    }

    [Theory]
    [InlineData("tls", "NotAuthorized", "192.0.2.1:1000")]
    [InlineData("tcp", "QuotaExceeded", "192.0.2.1:1000")]
    [InlineData("tcp", "NotAuthorized", "192.0.2.2:1000")]
    public void Other_listeners_reasons_and_addresses_have_lines_of_their_own(string listener, string reason, string address)
    {
        _lines.MayLog("tcp", "NotAuthorized", Address);

        _lines.MayLog(listener, reason, IPEndPoint.Parse(address)).ShouldBeTrue();
    }

    [Theory]
    [InlineData("192.0.2.1:1001")]
    [InlineData("[::ffff:192.0.2.1]:1000")]
    public void Another_port_is_the_same_address(string address)
    {
        _lines.MayLog("tcp", "NotAuthorized", Address);

        _lines.MayLog("tcp", "NotAuthorized", IPEndPoint.Parse(address)).ShouldBeFalse();
    }

    [Fact]
    public void A_flood_from_many_addresses_is_bounded()
    {
        var written = Enumerable.Range(0, 20_000).Count(i => _lines.MayLog("tcp", "NotAuthorized", new IPEndPoint(i + 1, 1)));

        written.ShouldBeLessThan(5000);
    }
}
