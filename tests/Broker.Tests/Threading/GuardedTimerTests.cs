using Microsoft.Extensions.Logging.Abstractions;
using Starling.Broker.Threading;
using Starling.Testing;

namespace Starling.Broker.Tests.Threading;

public sealed class GuardedTimerTests
{
    [Fact]
    public void A_callback_that_fails_does_not_end_the_process_and_comes_again()
    {
        var time = new ManualTime();
        var calls = 0;
        using var timer = time.CreateGuardedTimer(Fail, NullLogger.Instance, "Test", TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));

        time.Advance(TimeSpan.FromSeconds(3));

        calls.ShouldBe(3);

        void Fail()
        {
            calls++;
            throw new InvalidOperationException();
        }
    }
}
