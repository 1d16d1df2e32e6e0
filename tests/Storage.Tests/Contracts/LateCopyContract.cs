using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Protocol;
using static Starling.Storage.Tests.Contracts.Stores;

namespace Starling.Storage.Tests.Contracts;

/// <summary>
/// What stores promise that several processes use: a copy of a QoS 2 message that was long under way does not come behind the newer
/// connection of its publisher.
/// </summary>
public abstract class LateCopyContract : IAsyncLifetime
{
    private SessionFencingToken _me = null!;
    private SessionFencingToken _publisher = null!;

    private Stores Stores { get; set; } = null!;

    private IInboxStore Inboxes => Stores.Inboxes;

    public async ValueTask InitializeAsync()
    {
        Stores = await OpenAsync();
        _me = await Stores.BeginAsync();
        _publisher = await Stores.BeginAsync(new SessionKey("acme", "p"));
    }

    public async ValueTask DisposeAsync()
    {
        await Stores.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected abstract Task<Stores> OpenAsync();

    [Fact]
    public async Task A_copy_that_comes_when_the_message_is_finished_is_not_taken()
    {
        await ConnectAsync(connection: 4);
        await Inboxes.AppendAsync(_me, [Message(0, 7, connection: 4)]);
        await ConnectAsync(connection: 5);
        (await Inboxes.AppendAsync(_me, [Message(1, 7, connection: 5)])).ShouldBe([1], "a repeat");
        await Stores.Sessions.SetReceivedAsync(_publisher, [], [7]);

        (await Inboxes.AppendAsync(_me, [Message(2, 7, connection: 4)])).ShouldBe([2]);

        (await Stores.NumbersAsync(_me)).ShouldBe([0]);
    }

    [Fact]
    public async Task A_copy_that_is_not_taken_is_not_taken_for_the_next_message_with_its_identifier()
    {
        await ConnectAsync(connection: 5);
        (await Inboxes.AppendAsync(_me, [Message(0, 7, connection: 4), Message(1, 8, connection: 5)])).ShouldBe([0]);

        (await Inboxes.AppendAsync(_me, [Message(2, 7, connection: 5)])).ShouldBeEmpty();

        (await Stores.NumbersAsync(_me)).ShouldBe([1, 2]);
    }

    [Fact]
    public async Task Members_of_a_group_take_no_late_copy_either()
    {
        var group = new SharedGroupKey("g", "a");
        await ConnectAsync(connection: 5);

        var late = Message(0, 7, connection: 4);
        (await Inboxes.AppendAsync(_me, [late with { Delivery = late.Delivery with { Group = group } }])).ShouldBe([0]);

        (await Stores.NumbersAsync(_me)).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_a_session_published_that_is_gone_is_taken()
    {
        await ConnectAsync(connection: 5);
        await Stores.Sessions.DeleteAsync(_publisher.Key, _publisher.Epoch);

        (await Inboxes.AppendAsync(_me, [Message(0, 7, connection: 5)])).ShouldBeEmpty();
    }

    private async Task ConnectAsync(long connection) => _publisher = await Stores.Sessions.SaveAsync(
        _publisher.Key, _publisher.Epoch, Away(_publisher.Epoch + 1) with { Connection = new StoredConnection("edge", connection), ConnectionEpoch = connection });

    private InboxEntry Message(long number, ushort packetIdentifier, long connection) => new(number, new Delivery(
        Broker.Messages.Message.Create(
            new Topic("a"), "x"u8, QualityOfService.ExactlyOnce,
            publisher: new Publisher("p", connection, _publisher.Id), packetIdentifier: packetIdentifier),
        QualityOfService.ExactlyOnce, Retain: false, null));
}
