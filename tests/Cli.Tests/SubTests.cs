using System.Globalization;
using Starling.Protocol;

namespace Starling.Cli.Tests;

public sealed class SubTests
{
    private const QualityOfService Q0 = QualityOfService.AtMostOnce;
    private const QualityOfService Q1 = QualityOfService.AtLeastOnce;
    private const QualityOfService Q2 = QualityOfService.ExactlyOnce;

    [Theory]
    [InlineData("3.1")]
    [InlineData("3.1.1")]
    [InlineData("5")]
    public async Task Payloads_are_printed_until_there_were_enough(string version)
    {
        var broker = new StubBroker { Deliveries = [("a", "one", Q0, false, new()), ("b", "two", Q0, false, new()), ("c", "three", Q0, false, new())] };

        var run = await SubAsync(broker, "-V", version, "-t", "a", "-t", "$share/g/b/#", "-q", "1", "-C", "2");
        await broker.DisposeAsync();

        run.ShouldBe(new Cli(0, "one\ntwo\n", ""));
        broker.Subscriptions.Select(request => (request.TopicFilter, request.Options.MaximumQoS)).ShouldBe([("a", Q1), ("$share/g/b/#", Q1)]);
        broker.SaidGoodbye.ShouldBeTrue();
    }

    [Fact]
    public async Task What_was_printed_and_nothing_else_is_acknowledged()
    {
        var broker = new StubBroker
        {
            Deliveries = [("a", "one", Q1, false, new()), ("a", "two", Q2, false, new()), ("a", "three", Q0, false, new()), ("a", "four", Q1, false, new())],
        };

        var run = await SubAsync(broker, "-t", "a", "-q", "2", "-C", "3");
        await broker.DisposeAsync();

        run.Output.ShouldBe("one\ntwo\nthree\n");
        broker.Acks.Where(ack => ack.Type != PacketType.PubComp)
            .Select(ack => (ack.Type, ack.PacketIdentifier)).ShouldBe([(PacketType.PubAck, (ushort)1), (PacketType.PubRec, (ushort)2)]);
    }

    [Theory]
    [InlineData("a one\n", "-v")]
    [InlineData("one", "-N")]
    [InlineData("a|1|1|3|6f6e65\n", "-F", "%t|%q|%r|%l|%x")]
    [InlineData("100% a\tone\\z\n", "-F", "100%% %t\\t%p\\z")]
    [InlineData("text r 60 k:v x:y", "-N", "-F", "%C %R %E %P")]
    public async Task Messages_are_printed_as_asked(string expected, params string[] args)
    {
        var properties = new PublishProperties { ContentType = "text", ResponseTopic = "r", MessageExpiryInterval = 60, UserProperties = [new("k", "v"), new("x", "y")] };
        var broker = new StubBroker { Deliveries = [("a", "one", Q1, true, properties)] };

        var run = await SubAsync(broker, ["-t", "a", "-q", "1", "-C", "1", .. args]);
        await broker.DisposeAsync();

        run.ShouldBe(new Cli(0, expected, ""));
    }

    [Fact]
    public async Task Retained_messages_can_be_left_out_and_do_not_count()
    {
        var broker = new StubBroker { Deliveries = [("a", "old", Q1, true, new()), ("a", "new", Q0, false, new())] };

        var run = await SubAsync(broker, "-t", "a", "-R", "-C", "1");
        await broker.DisposeAsync();

        run.Output.ShouldBe("new\n");
        broker.Acks.ShouldHaveSingleItem().PacketIdentifier.ShouldBe((ushort)1);
    }

    [Fact]
    public async Task A_time_that_is_over_ends_with_27_and_a_goodbye()
    {
        var broker = new StubBroker();

        var run = await SubAsync(broker, "-t", "a", "-W", "0.2");
        await broker.DisposeAsync();

        run.ShouldBe(new Cli(27, "", ""));
        broker.SaidGoodbye.ShouldBeTrue();
    }

    [Fact]
    public async Task A_refused_subscription_is_one_line_with_the_reason()
    {
        var broker = new StubBroker { SubscribeReason = ReasonCode.NotAuthorized };

        var run = await SubAsync(broker, "-t", "secret/#");
        await broker.DisposeAsync();

        run.ShouldBe(new Cli(1, "", $"starling: the broker refused the subscription to 'secret/#': not authorized (0x87){Environment.NewLine}"));
    }

    [Fact]
    public async Task A_broker_that_closes_is_one_line_with_its_reason_after_what_came_before()
    {
        var broker = new StubBroker
        {
            Deliveries = [("a", "one", Q0, false, new())],
            Goodbye = new() { ReasonCode = ReasonCode.SessionTakenOver },
        };

        var run = await SubAsync(broker, "-t", "a");
        await broker.DisposeAsync();

        run.ShouldBe(new Cli(1, "one\n", $"starling: the broker closed the connection: session taken over (0x8E){Environment.NewLine}"));
    }

    [Theory]
    [InlineData("a topic filter is needed")]
    [InlineData("can't be subscribed to", "-t", "a/#/b")]
    [InlineData("-F knows no %z", "-t", "a", "-F", "%z")]
    [InlineData("-F ends in the middle", "-t", "a", "-F", "%")]
    [InlineData("-W is a number of seconds", "-t", "a", "-W", "-1")]
    public async Task A_wrong_command_line_is_one_line_and_exit_code_2(string says, params string[] args)
    {
        var run = await Cli.RunAsync(["sub", .. args]);

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain(says);
        run.Error.Count(c => c == '\n').ShouldBe(1);
    }

    private static Task<Cli> SubAsync(StubBroker broker, params string[] args) =>
        Cli.RunAsync(["sub", "-h", "localhost", "-p", broker.Port.ToString(CultureInfo.InvariantCulture), .. args]);
}
