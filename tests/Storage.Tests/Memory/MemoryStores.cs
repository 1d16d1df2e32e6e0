using Starling.Broker.Contracts;
using Starling.Storage.Memory;
using Starling.Storage.Tests.Contracts;

namespace Starling.Storage.Tests.Memory;

public sealed class MemoryStores : Stores
{
    private readonly MemoryInboxStore _inboxes = new(outlivesProcess: true);

    public MemoryStores() => Sessions = new MemorySessionStore(_inboxes);

    public override ISessionStore Sessions { get; }

    public override IInboxStore Inboxes => _inboxes;

    public static Task<Stores> OpenAsync() => Task.FromResult<Stores>(new MemoryStores());

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

public sealed class MemorySessionStoreTests : SessionStoreContract
{
    protected override Task<Stores> OpenAsync() => MemoryStores.OpenAsync();
}

public sealed class MemoryInboxStoreTests : InboxStoreContract
{
    protected override Task<Stores> OpenAsync() => MemoryStores.OpenAsync();
}

public sealed class MemoryEpochTests : EpochContract
{
    protected override Task<Stores> OpenAsync() => MemoryStores.OpenAsync();
}

public sealed class MemoryLastingTests : LastingStoreContract
{
    protected override Task<Stores> OpenAsync() => MemoryStores.OpenAsync();

    protected override Task<Stores> ReopenAsync(Stores stores) => Task.FromResult(stores);
}

public sealed class MemoryLateCopyTests : LateCopyContract
{
    protected override Task<Stores> OpenAsync() => MemoryStores.OpenAsync();
}
