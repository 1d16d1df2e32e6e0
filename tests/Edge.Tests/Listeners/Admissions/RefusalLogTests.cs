using Starling.Edge.Listeners.Admissions;
using Starling.Testing;

namespace Starling.Edge.Tests.Listeners.Admissions;

public sealed class RefusalLogTests
{
    [Fact]
    public void A_logger_that_fails_does_not_end_the_process_and_gets_the_next_refusals()
    {
        var time = new ManualTime();
        var logger = new RecordingLogger<RefusalLog> { Fails = true };
        using var log = new RefusalLog(logger, time);
        log.Refused("tcp", "half_open");

        time.Advance(TimeSpan.FromSeconds(10));
        logger.Fails = false;
        log.Refused("tcp", "half_open");
        log.Refused("tcp", "half_open");
        time.Advance(TimeSpan.FromSeconds(10));

        logger.Warnings.ShouldBe(
        [
            "Closed 1 connections before their CONNECT was accepted: tcp half_open 1",
            "Closed 2 connections before their CONNECT was accepted: tcp half_open 2",
        ]);
    }
}
