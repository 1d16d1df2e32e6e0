using System.Globalization;
using Starling.Protocol;

namespace Starling.Cli.Tests;

public sealed class PubTests
{
    [Theory]
    [InlineData("3.1", 0, ProtocolVersion.Mqtt31)]
    [InlineData("3.1.1", 1, ProtocolVersion.Mqtt311)]
    [InlineData("5", 2, ProtocolVersion.Mqtt5)]
    [InlineData("mqttv311", 2, ProtocolVersion.Mqtt311)]
    public async Task A_message_is_published_in_each_version_and_QoS(string version, int qos, ProtocolVersion expected)
    {
        var broker = new StubBroker();

        var run = await PubAsync(broker, "-V", version, "-t", "a/b", "-m", "hällo", "-q", $"{qos}", "-r", "-i", "me");
        await broker.DisposeAsync();

        run.ShouldBe(new Cli(0, "", ""));
        broker.Connect!.ProtocolVersion.ShouldBe(expected);
        broker.Connect.ClientIdentifier.ShouldBe("me");
        broker.Connect.UserName.ShouldBeNull();
        broker.Connect.Password.ShouldBeNull();
        var message = broker.Published.ShouldHaveSingleItem();
        (message.Topic, message.Payload, message.QoS, message.Retain).ShouldBe(("a/b", "hällo", (QualityOfService)qos, true));
        broker.SaidGoodbye.ShouldBeTrue();
    }

    [Fact]
    public async Task QoS_2_is_taken_to_its_end()
    {
        var broker = new StubBroker();

        await PubAsync(broker, "-t", "a", "-m", "x", "-q", "2");
        await broker.DisposeAsync();

        broker.Acks.ShouldHaveSingleItem().Type.ShouldBe(PacketType.PubRel);
    }

    [Fact]
    public async Task Credentials_session_and_will_are_in_the_CONNECT()
    {
        var broker = new StubBroker();

        await PubAsync(
            broker, "-t", "a", "-n", "-u", "ann", "-P", "secret", "-i", "me", "-c", "-x", "30", "-k", "9", "--will-topic", "w", "--will-payload", "gone",
            "--will-qos", "1", "--will-retain", "--will-delay", "5");
        await broker.DisposeAsync();

        var connect = broker.Connect!;
        connect.UserName.ShouldBe("ann");
        connect.Password!.Value.ToArray().ShouldBe("secret"u8.ToArray());
        (connect.CleanStart, connect.SessionExpiryInterval, connect.KeepAlive).ShouldBe((false, 30u, (ushort)9));
        (connect.Will!.Topic, connect.Will.QoS, connect.Will.Retain, connect.Will.WillDelayInterval).ShouldBe(("w", QualityOfService.AtLeastOnce, true, 5u));
        connect.Will.Payload.ToArray().ShouldBe("gone"u8.ToArray());
        broker.Published.ShouldHaveSingleItem().Payload.ShouldBe("");
    }

    [Fact]
    public async Task Properties_are_sent_in_order()
    {
        var broker = new StubBroker();

        await PubAsync(
            broker, "-t", "a", "-m", "x", "--user-property", "b=1", "--user-property", "a=2=3", "--content-type", "text/plain", "--response-topic", "r",
            "--expiry", "60");
        await broker.DisposeAsync();

        var properties = broker.Published.ShouldHaveSingleItem().Properties;
        properties.UserProperties.ShouldBe([new("b", "1"), new("a", "2=3")]);
        (properties.ContentType, properties.ResponseTopic, properties.MessageExpiryInterval).ShouldBe(("text/plain", "r", 60u));
    }

    [Fact]
    public async Task Each_line_of_the_input_is_a_message()
    {
        var broker = new StubBroker();

        var run = await Cli.RunWithAsync("one\r\ntwo\n\nlast", null, "pub", "-h", "localhost", "-p", Port(broker), "-t", "a", "-l", "-q", "1");
        await broker.DisposeAsync();

        run.ExitCode.ShouldBe(0);
        broker.Published.Select(message => message.Payload).ShouldBe(["one", "two", "", "last"]);
    }

    [Fact]
    public async Task The_whole_input_or_a_file_is_one_message()
    {
        var broker = new StubBroker();
        await Cli.RunWithAsync("one\ntwo\n", null, "pub", "-p", Port(broker), "-t", "a", "-s");
        await broker.DisposeAsync();
        broker.Published.ShouldHaveSingleItem().Payload.ShouldBe("one\ntwo\n");

        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "from a file", TestContext.Current.CancellationToken);
        var other = new StubBroker();
        await PubAsync(other, "-t", "a", "-f", file);
        await other.DisposeAsync();
        File.Delete(file);
        other.Published.ShouldHaveSingleItem().Payload.ShouldBe("from a file");
    }

    [Fact]
    public async Task A_URL_says_it_all()
    {
        var broker = new StubBroker();

        var run = await Cli.RunAsync("pub", "-L", $"mqtt://ann:pa%2Fss@localhost:{broker.Port}/a/b", "-m", "x");
        await broker.DisposeAsync();

        run.ShouldBe(new Cli(0, "", ""));
        broker.Connect!.UserName.ShouldBe("ann");
        broker.Connect.Password!.Value.ToArray().ShouldBe("pa/ss"u8.ToArray());
        broker.Published.ShouldHaveSingleItem().Topic.ShouldBe("a/b");
    }

    [Fact]
    public async Task It_works_over_a_WebSocket()
    {
        var broker = new StubBroker(webSocket: true);

        var run = await Cli.RunAsync("pub", "-L", $"ws://localhost:{broker.Port}/mqtt", "-t", "a", "-m", "x", "-q", "1");
        await broker.DisposeAsync();

        run.ShouldBe(new Cli(0, "", ""));
        broker.Published.ShouldHaveSingleItem().Payload.ShouldBe("x");
    }

    [Fact]
    public async Task A_refused_connection_is_one_line_with_the_reason()
    {
        var broker = new StubBroker { ConnAck = new() { ReasonCode = ReasonCode.NotAuthorized, ReasonString = "not you" } };

        var run = await PubAsync(broker, "-t", "a", "-m", "x");
        await broker.DisposeAsync();

        run.ShouldBe(new Cli(1, "", $"starling: mqtt://localhost:{broker.Port} refused the connection: not authorized (0x87): not you{Environment.NewLine}"));
    }

    [Fact]
    public async Task A_refused_message_is_one_line_with_the_reason()
    {
        var broker = new StubBroker { PublishReason = ReasonCode.QuotaExceeded };

        var run = await PubAsync(broker, "-t", "a", "-m", "x", "-q", "2");
        await broker.DisposeAsync();

        run.ShouldBe(new Cli(1, "", $"starling: the broker refused the message to 'a': quota exceeded (0x97){Environment.NewLine}"));
    }

    [Fact]
    public async Task Nobody_listening_is_one_line()
    {
        var broker = new StubBroker();
        await broker.DisposeAsync();

        var run = await PubAsync(broker, "-t", "a", "-m", "x");

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldStartWith($"starling: can't connect to mqtt://localhost:{broker.Port}: ");
        run.Error.Count(c => c == '\n').ShouldBe(1);
    }

    [Theory]
    [InlineData("a topic is needed", "-m", "x")]
    [InlineData("one of -m, -f, -l, -s and -n", "-t", "a")]
    [InlineData("one of -m, -f, -l, -s and -n", "-t", "a", "-m", "x", "-n")]
    [InlineData("-q is 0, 1 or 2, not 3", "-t", "a", "-m", "x", "-q", "3")]
    [InlineData("'a/#' is no topic", "-t", "a/#", "-m", "x")]
    [InlineData("-V is 3.1, 3.1.1 or 5", "-t", "a", "-m", "x", "-V", "4")]
    [InlineData("needs a client id", "-t", "a", "-m", "x", "-c")]
    [InlineData("exist in MQTT 5 only", "-t", "a", "-m", "x", "-V", "3.1.1", "--expiry", "5")]
    [InlineData("name=value", "-t", "a", "-m", "x", "--user-property", "x")]
    [InlineData("a will needs a --will-topic", "-t", "a", "-m", "x", "--will-payload", "x")]
    [InlineData("is no URL", "-L", "http://localhost", "-m", "x")]
    [InlineData("-x is a number", "-t", "a", "-m", "x", "-x", "soon")]
    [InlineData("--nonsense", "-t", "a", "-m", "x", "--nonsense")]
    public async Task A_wrong_command_line_is_one_line_and_exit_code_2(string says, params string[] args)
    {
        var run = await Cli.RunAsync(["pub", .. args]);

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain(says);
        run.Error.Count(c => c == '\n').ShouldBe(1);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_said_without_connecting()
    {
        var run = await Cli.RunAsync("pub", "-t", "a", "-f", "/nonexistent/file");

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("/nonexistent/file");
    }

    private static Task<Cli> PubAsync(StubBroker broker, params string[] args) => Cli.RunAsync(["pub", "-h", "localhost", "-p", Port(broker), .. args]);

    private static string Port(StubBroker broker) => broker.Port.ToString(CultureInfo.InvariantCulture);
}
