using Starling.Cluster.Contracts;
using Starling.Cluster.Edges;
using Starling.Testing;

namespace Starling.Cluster.Tests.Edges;

public sealed class EdgeDirectoryTests
{
    private readonly ManualTime _time = new();
    private readonly Table _table = new();
    private readonly EdgeDirectory _directory;

    public EdgeDirectoryTests() => _directory = new EdgeDirectory(_table, _time);

    [Fact]
    public async Task An_edge_lives_as_long_as_it_renews_its_lease()
    {
        await _directory.RenewAsync("e1", "there");
        for (var i = 0; i < 10; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(9));
            (await _directory.RenewAsync("e1", "there")).IsHeld.ShouldBeTrue();
        }

        (await _directory.ReadAsync(silo: null)).Single().Address.ShouldBe("there");
        _time.Advance(TimeSpan.FromSeconds(10));
        (await _directory.ReadAsync(silo: null)).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_edge_that_is_gone_does_not_come_back()
    {
        await _directory.RenewAsync("e1", "there");
        _time.Advance(TimeSpan.FromSeconds(11));

        (await _directory.RenewAsync("e1", "there")).IsHeld.ShouldBeFalse();
        (await new EdgeDirectory(new Table(_table), _time).RenewAsync("e1", "there")).IsHeld.ShouldBeFalse();
    }

    [Fact]
    public async Task An_edge_that_leaves_is_gone_at_once()
    {
        await _directory.RenewAsync("e1", "there");

        await _directory.LeaveAsync("e1");

        (await _directory.ReadAsync(silo: null)).ShouldBeEmpty();
    }

    [Fact]
    public async Task In_a_directory_that_begins_every_lease_begins_anew()
    {
        await _directory.RenewAsync("e1", "there");
        _time.Advance(TimeSpan.FromSeconds(9));
        var next = new EdgeDirectory(new Table(_table), _time);
        (await next.ReadAsync(silo: null)).Count.ShouldBe(1);

        _time.Advance(TimeSpan.FromSeconds(9));
        (await next.ReadAsync(silo: null)).Count.ShouldBe(1);
        _time.Advance(TimeSpan.FromSeconds(1));
        (await next.ReadAsync(silo: null)).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_edge_is_not_told_that_it_has_joined_before_that_is_written()
    {
        _table.Fails = true;
        await Should.ThrowAsync<IOException>(async () => await _directory.RenewAsync("e1", "there"));
        _table.Fails = false;

        (await _directory.RenewAsync("e1", "there")).IsHeld.ShouldBeTrue();

        (await new EdgeDirectory(new Table(_table), _time).ReadAsync(silo: null)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_directory_that_another_one_has_followed_lets_no_edge_join()
    {
        await _directory.ReadAsync(silo: null);
        var next = new EdgeDirectory(new Table(_table), _time);
        await next.ReadAsync(silo: null);

        await Should.ThrowAsync<StaleDirectoryException>(async () => await _directory.RenewAsync("e1", "there"));

        (await next.ReadAsync(silo: null)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_directory_that_begins_while_an_edge_joins_at_the_one_before_knows_the_edge_before_it_answers()
    {
        await _directory.ReadAsync(silo: null);
        var table = new Table(_table);
        var next = new EdgeDirectory(table, _time);
        table.Loaded = () => _directory.RenewAsync("e1", "there").AsTask().Wait(TestContext.Current.CancellationToken);

        await Should.ThrowAsync<StaleDirectoryException>(async () => await next.ReadAsync(silo: null));
        table.Loaded = null;

        (await next.ReadAsync(silo: null)).Single().EdgeId.ShouldBe("e1");
    }

    [Fact]
    public async Task Edges_hear_of_a_silo_that_does_not_read_any_more()
    {
        await ReadForAsync(seconds: 10, "s1", "s2");
        var before = await SilosAsync();

        await ReadForAsync(seconds: 4, "s1");
        (await SilosAsync()).ShouldBe(before);
        await ReadForAsync(seconds: 1, "s1");
        var after = await SilosAsync();

        after.ShouldNotBe(before);
        await ReadForAsync(seconds: 10, "s1");
        (await SilosAsync()).ShouldBe(after);
    }

    [Fact]
    public async Task Edges_hear_of_a_directory_that_begins_anew_and_again_when_it_must_have_heard_of_all_silos()
    {
        await ReadForAsync(seconds: 10, "s1");
        var before = await SilosAsync();

        var next = new EdgeDirectory(new Table(_table), _time);
        var begun = (await next.RenewAsync("e1", "there")).Silos;
        begun.ShouldNotBe(before);
        _time.Advance(TimeSpan.FromSeconds(5));
        var settled = (await next.RenewAsync("e1", "there")).Silos;

        settled.ShouldNotBe(begun);
        _time.Advance(TimeSpan.FromSeconds(5));
        (await next.RenewAsync("e1", "there")).Silos.ShouldBe(settled);
    }

    private async Task ReadForAsync(int seconds, params string[] silos)
    {
        for (var i = 0; i < seconds; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            foreach (var silo in silos)
                await _directory.ReadAsync(silo);
        }
    }

    private async Task<long> SilosAsync() => (await _directory.RenewAsync("e1", "there")).Silos;

    /// <summary>As one directory has it; several have it in common.</summary>
    private sealed class Table(Table? shared = null) : IEdgeTable
    {
        private IReadOnlyList<StoredEdge> _edges = [];
        private int _version;
        private int _known;

        public bool Fails { get; set; }

        /// <summary>What happens just after it was read.</summary>
        public Action? Loaded { get; set; }

        private Table Stored => shared ?? this;

        public ValueTask<IReadOnlyList<StoredEdge>> LoadAsync()
        {
            _known = Stored._version;
            var edges = Stored._edges;
            Loaded?.Invoke();
            return new(edges);
        }

        public ValueTask SaveAsync(IReadOnlyList<StoredEdge> edges)
        {
            if (Fails)
                throw new IOException("The disk is full.");
            if (_known != Stored._version)
                throw new StaleDirectoryException();
            Stored._edges = edges;
            _known = ++Stored._version;
            return default;
        }
    }
}
