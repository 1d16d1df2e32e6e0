using Starling.EndToEnd.Tests.Harness;

namespace Starling.Samples.Tests;

public class EmbeddedBrokerTests
{
    [Fact]
    public async Task The_embedded_broker_carries_messages_and_stops_on_a_signal()
    {
        await using var program = ChildProcess.Start("dotnet", [Sample.Built("EmbeddedBroker"), "0"]);
        var endPoint = await SampleBroker.EndPointAsync(program);

        await using (var observer = await SampleBroker.ObserveAsync(endPoint, "hello"))
        {
            await observer.PublishAsync("hello", "world");
            (await observer.ExpectMessageAsync()).Text.ShouldBe("world");
        }

        await program.SignalAsync("TERM");
        await program.SucceedAsync();
    }
}
