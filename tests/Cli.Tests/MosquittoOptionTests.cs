using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Starling.Cli.Client;
using Starling.Protocol;

namespace Starling.Cli.Tests;

/// <summary>Options that mosquitto_pub and mosquitto_sub have, with their meaning there.</summary>
public sealed class MosquittoOptionTests
{
    private const QualityOfService Q0 = QualityOfService.AtMostOnce;
    private const QualityOfService Q1 = QualityOfService.AtLeastOnce;

    [Fact]
    public async Task E_ends_when_the_subscriptions_are_acknowledged()
    {
        var broker = new StubBroker { Deliveries = [("a", "one", Q0, false, new())] };

        var run = await RunAsync(broker, "sub", "-t", "a", "-E");

        run.ShouldBe(new Cli(0, "", ""));
        broker.Subscriptions.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task T_leaves_topics_out_and_acknowledges_them()
    {
        var broker = new StubBroker { Deliveries = [("a/x", "one", Q1, false, new()), ("a/y", "two", Q1, false, new())] };

        (await RunAsync(broker, "sub", "-t", "a/#", "-q", "1", "-T", "a/x", "-T", "b/+", "-C", "1")).Output.ShouldBe("two\n");

        broker.Acks.Select(ack => ack.PacketIdentifier).ShouldBe([(ushort)1, (ushort)2]);
    }

    [Fact]
    public async Task U_unsubscribes_and_needs_no_subscription()
    {
        var broker = new StubBroker();

        (await RunAsync(broker, "sub", "-U", "a", "-U", "b/#", "-E")).ShouldBe(new Cli(0, "", ""));

        broker.Unsubscribed.ShouldBe(["a", "b/#"]);
    }

    [Fact]
    public async Task Retained_only_ends_at_the_first_message_that_is_not()
    {
        var broker = new StubBroker { Deliveries = [("a", "one", Q0, true, new()), ("b", "two", Q0, true, new()), ("a", "new", Q0, false, new())] };

        (await RunAsync(broker, "sub", "-t", "#", "--retained-only")).ShouldBe(new Cli(0, "one\ntwo\n", ""));
    }

    [Fact]
    public async Task Remove_retained_clears_what_is_retained_but_not_what_is_filtered_out()
    {
        var broker = new StubBroker { Deliveries = [("a", "one", Q0, true, new()), ("b", "two", Q0, true, new()), ("c", "new", Q0, false, new())] };

        await RunAsync(broker, "sub", "-t", "#", "--remove-retained", "-T", "b", "-C", "2");

        broker.Published.Select(message => (message.Topic, message.Payload, message.Retain)).ShouldBe([("a", "", true)]);
    }

    [Fact]
    public async Task Percent_j_prints_a_message_as_JSON()
    {
        var properties = new PublishProperties { ContentType = "text", UserProperties = [new("k", "v")] };
        var broker = new StubBroker { Deliveries = [("a", "{\"x\":1}", Q1, true, properties), ("a", "no", Q0, false, new())] };

        var lines = (await RunAsync(broker, "sub", "-t", "a", "-q", "1", "-C", "2", "-F", "%j %J")).Output.Split('\n');

        const string Properties = "\"properties\":{\"content-type\":\"text\",\"user-properties\":[{\"k\":\"v\"}]}";
        lines[0].ShouldContain($"\"topic\":\"a\",\"qos\":1,\"retain\":1,\"payloadlen\":7,\"mid\":1,{Properties},\"payload\":\"{{\\\"x\\\":1}}\"}} {{\"tst\":");
        lines[0].ShouldEndWith("\"payload\":{\"x\":1}}");
        lines[1].ShouldEndWith("\"payload\":null}");
    }

    [Fact]
    public async Task Repeat_publishes_several_times()
    {
        var broker = new StubBroker();

        (await RunAsync(broker, "pub", "-t", "a", "-m", "x", "--repeat", "3", "--repeat-delay", "0.01", "-q", "1")).ExitCode.ShouldBe(0);

        broker.Published.Count.ShouldBe(3);
    }

    [Fact]
    public async Task D_sets_properties_of_each_packet()
    {
        var broker = new StubBroker();

        var run = await RunAsync(
            broker,
            ["pub", "-t", "a", "-m", "x", "--will-topic", "w",
            "-D", "connect", "receive-maximum", "7", "-D", "connect", "user-property", "c", "1",
            "-D", "publish", "content-type", "text/plain", "-D", "publish", "user-property", "p", "2", "-D", "publish", "topic-alias", "3",
            "-D", "will", "will-delay-interval", "9", "-D", "will", "content-type", "will", "-D", "disconnect", "session-expiry-interval", "4"]);

        run.ShouldBe(new Cli(0, "", ""));
        broker.Connect!.ReceiveMaximum.ShouldBe((ushort)7);
        broker.Connect.UserProperties.ShouldBe([new UserProperty("c", "1")]);
        broker.Connect.Will!.WillDelayInterval.ShouldBe(9u);
        PublishProperties.Parse(broker.Connect.Will.ForwardedProperties.Span).ContentType.ShouldBe("will");
        var published = broker.Published.ShouldHaveSingleItem().Properties;
        (published.ContentType, published.TopicAlias).ShouldBe(("text/plain", (ushort)3));
        published.UserProperties.ShouldBe([new UserProperty("p", "2")]);
        broker.Left!.SessionExpiryInterval.ShouldBe(4u);
    }

    [Fact]
    public async Task D_sets_the_subscription_identifier()
    {
        var broker = new StubBroker();

        await RunAsync(broker, "sub", "-t", "a", "-E", "-D", "subscribe", "subscription-identifier", "5");

        broker.Subscribe!.SubscriptionIdentifier.ShouldBe(5u);
    }

    [Theory]
    [InlineData("knows no property", "-D", "connect", "nonsense", "1")]
    [InlineData("is no value", "-D", "connect", "receive-maximum", "0")]
    [InlineData("followed by a command", "-D", "connect")]
    [InlineData("has a name and a value", "-D", "publish", "user-property", "name")]
    [InlineData("MQTT 5 only", "-V", "3.1.1", "-D", "publish", "content-type", "x")]
    [InlineData("is no proxy", "--proxy", "http://localhost")]
    [InlineData("no cipher suite", "--ciphers", "ROT13")]
    [InlineData("-A is an address", "-A", "here")]
    [InlineData("don't go together", "-i", "a", "-I", "b")]
    [InlineData("--repeat is a number", "--repeat", "0")]
    public async Task A_wrong_value_is_one_line_and_exit_code_2(string says, params string[] args)
    {
        var run = await Cli.RunAsync(["pub", "-t", "a", "-m", "x", .. args]);

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain(says);
    }

    [Fact]
    public async Task I_M_and_A_say_who_connects_and_from_where()
    {
        var broker = new StubBroker();

        await RunAsync(broker, "sub", "-h", "127.0.0.1", "-t", "a", "-E", "-I", "dev-", "-M", "11", "-A", "127.0.0.1", "--nodelay");

        broker.Connect!.ClientIdentifier.ShouldBe("dev-" + Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        broker.Connect.ReceiveMaximum.ShouldBe((ushort)11);
    }

    [Fact]
    public async Task Debug_names_the_packets_on_the_error_stream()
    {
        var run = await RunAsync(new StubBroker(), "pub", "-t", "a", "-m", "x", "-q", "1", "-i", "me", "-d");

        run.Output.ShouldBeEmpty();
        run.Error.Split(Environment.NewLine).Select(line => string.Join(' ', line.Split(' ').Take(4))).Take(5).ShouldBe(
            ["Client me sending CONNECT", "Client me received CONNACK", "Client me sending PUBLISH", "Client me received PUBACK", "Client me sending DISCONNECT"]);
    }

    [Fact]
    public async Task Quiet_prints_no_error()
    {
        (await RunAsync(new StubBroker { PublishReason = ReasonCode.NotAuthorized }, "pub", "-t", "a", "-m", "x", "-q", "1", "--quiet"))
            .ShouldBe(new Cli(1, "", ""));
    }

    [Fact]
    public async Task A_Unix_socket_is_connected_to()
    {
        var path = Path.Combine(Path.GetTempPath(), $"starling-{Guid.NewGuid():N}.sock");
        var broker = new StubBroker(unixSocket: path);

        (await RunAsync(broker, "pub", "-t", "a", "-m", "x", "--unix", path)).ExitCode.ShouldBe(0);

        broker.Published.ShouldHaveSingleItem();
        File.Delete(path);
    }

    [Fact]
    public async Task A_SOCKS_proxy_is_connected_through_and_looks_the_name_up()
    {
        var broker = new StubBroker();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var proxy = ServeAsync(listener, broker.Port);

        var run = await RunAsync(broker, "pub", "-h", "broker.invalid", "-t", "a", "-m", "x", "--proxy", $"socks5h://ann:s%40cret@127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");

        run.ShouldBe(new Cli(0, "", ""));
        (await proxy).ShouldBe(("ann", "s@cret", "broker.invalid"));
        broker.Published.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("ECDHE-RSA-AES128-GCM-SHA256", TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)]
    [InlineData("ECDHE-ECDSA-CHACHA20-POLY1305", TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256)]
    [InlineData("AES256-SHA", TlsCipherSuite.TLS_RSA_WITH_AES_256_CBC_SHA)]
    [InlineData("DHE-RSA-AES256-SHA256", TlsCipherSuite.TLS_DHE_RSA_WITH_AES_256_CBC_SHA256)]
    [InlineData("TLS_AES_128_GCM_SHA256", TlsCipherSuite.TLS_AES_128_GCM_SHA256)]
    public void Ciphers_have_the_names_of_OpenSSL(string name, TlsCipherSuite suite) => CipherNames.Parse(name)!.ShouldContain(suite);

    [Fact]
    public async Task An_output_that_nobody_reads_any_more_ends_it_and_nothing_more_is_acknowledged()
    {
        var broker = new StubBroker { Deliveries = [("a", "one", Q1, false, new()), ("a", "two", Q1, false, new())] };
        var args = new[] { "sub", "-h", "localhost", "-p", broker.Port.ToString(CultureInfo.InvariantCulture), "-t", "a", "-q", "1" };
        var context = new Context.CliContext { Input = Stream.Null, Output = new OneLine(), Error = TextWriter.Null };

        (await StarlingCommand.RunAsync(args, context, TestContext.Current.CancellationToken)).ShouldBe(141);

        await broker.DisposeAsync();
        broker.Acks.ShouldHaveSingleItem().PacketIdentifier.ShouldBe((ushort)1);
    }

    private static async Task<(string User, string Password, string Host)> ServeAsync(TcpListener listener, int target)
    {
        using var client = await listener.AcceptTcpClientAsync();
        var stream = client.GetStream();
        await ReadAsync(3);
        await stream.WriteAsync(new byte[] { 5, 2 });
        await ReadAsync(1);
        var (user, password) = (await TextAsync(), await TextAsync());
        await stream.WriteAsync(new byte[] { 1, 0 });
        await ReadAsync(4);
        var host = await TextAsync();
        await ReadAsync(2);
        using var broker = new TcpClient();
        await broker.ConnectAsync(IPAddress.Loopback, target);
        await stream.WriteAsync(new byte[] { 5, 0, 0, 1, 0, 0, 0, 0, 0, 0 });
        var there = stream.CopyToAsync(broker.GetStream());
        await broker.GetStream().CopyToAsync(stream);
        client.Client.Shutdown(SocketShutdown.Both);
        await there;
        return (user, password, host);

        async Task<byte[]> ReadAsync(int length)
        {
            var bytes = new byte[length];
            await stream.ReadExactlyAsync(bytes);
            return bytes;
        }

        async Task<string> TextAsync() => Encoding.UTF8.GetString(await ReadAsync((await ReadAsync(1))[0]));
    }

    private static async Task<Cli> RunAsync(StubBroker broker, string command, params string[] args) =>
        await RunAsync(broker, [command, .. args]);

    private static async Task<Cli> RunAsync(StubBroker broker, string[] args)
    {
        string[] host = args.Contains("-h") || args.Contains("--unix") ? [] : ["-h", "localhost"];
        var run = await Cli.RunAsync([args[0], .. host, "-p", broker.Port.ToString(CultureInfo.InvariantCulture), .. args[1..]]);
        await broker.DisposeAsync();
        return run;
    }

    /// <summary>As a pipe to <c>head -1</c>.</summary>
    private sealed class OneLine : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            Length == 0 ? base.WriteAsync(buffer, cancellationToken) : ValueTask.FromException(new IOException("Broken pipe"));
    }
}
