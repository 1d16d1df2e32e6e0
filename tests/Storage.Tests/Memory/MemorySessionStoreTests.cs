using Starling.Broker.Sessions;
using Starling.Protocol;
using Starling.Storage.Memory;

namespace Starling.Storage.Tests.Memory;

public sealed class MemorySessionStoreTests
{
    private static readonly SessionKey Me = new("acme", "me");

    private readonly MemorySessionStore _store = new(new MemoryInboxStore());

    [Fact]
    public async Task What_was_never_saved_is_not_there() => (await _store.LoadAsync(Me)).ShouldBeNull();

    [Fact]
    public async Task Subscriptions_are_set_replaced_and_removed()
    {
        await _store.SaveAsync(Me, At(1));
        await _store.SetSubscriptionsAsync(Me, 1, [To("a", 0), To("b", 1)], []);

        await _store.SetSubscriptionsAsync(Me, 1, [To("a", 2)], ["b"]);

        (await _store.LoadAsync(Me))!.Subscriptions.ShouldBe([To("a", 2)]);
    }

    [Fact]
    public async Task Packet_identifiers_are_recorded_until_they_are_released()
    {
        await _store.SaveAsync(Me, At(1));
        await _store.SetReceivedAsync(Me, 1, [1, 2], []);

        await _store.SetReceivedAsync(Me, 1, [3], [1]);

        (await _store.LoadAsync(Me))!.Received.ShouldBe(new ushort[] { 2, 3 }, ignoreOrder: true);
    }

    [Fact]
    public async Task A_writer_with_an_older_epoch_is_refused()
    {
        await _store.SaveAsync(Me, At(2));

        await Should.ThrowAsync<StaleEpochException>(async () => await _store.SaveAsync(Me, At(1)));
        await Should.ThrowAsync<StaleEpochException>(async () => await _store.SetSubscriptionsAsync(Me, 1, [To("a", 0)], []));
        (await _store.LoadAsync(Me))!.Subscriptions.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_deleted_session_takes_its_inbox_along()
    {
        var inboxes = new MemoryInboxStore();
        var store = new MemorySessionStore(inboxes);
        await store.SaveAsync(Me, At(1));
        var delivery = new Broker.Messages.Delivery(
            Broker.Messages.Message.Create(new Broker.Messages.Topic("a"), "x"u8), QualityOfService.AtLeastOnce, Retain: false, null);
        await inboxes.AppendAsync(Me, 1, [new InboxEntry(0, delivery)]);

        await store.DeleteAsync(Me, 1);

        (await store.LoadAsync(Me)).ShouldBeNull();
        (await inboxes.ReadAsync(Me, 0, 10)).ShouldBeEmpty();
    }

    private static StoredSession At(long epoch) => new(epoch, 60, null, [], [], null, null, default);

    private static Subscription To(string filter, int qos) => new(filter, new SubscriptionOptions((QualityOfService)qos), null);
}
