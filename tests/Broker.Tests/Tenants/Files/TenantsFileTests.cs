using Microsoft.Extensions.Logging;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Files;

namespace Starling.Broker.Tests.Tenants.Files;

public sealed class TenantsFileTests : IDisposable
{
    private static readonly TimeSpan AWhile = TimeSpan.FromSeconds(3);

    private readonly string _folder = Directory.CreateTempSubdirectory("tenants").FullName;
    private readonly House _house = new();
    private readonly CapturedLog<TenantsFile> _log = new();
    private readonly string _path;
    private TenantsFile? _file;

    public TenantsFileTests() => _path = Path.Combine(_folder, "tenants.json");

    public void Dispose()
    {
        _file?.Dispose();
        _house.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void The_file_is_loaded_at_start()
    {
        Start("acme");

        Names().ShouldBe(["acme"]);
    }

    [Fact]
    public void A_bad_file_at_start_is_an_exception()
    {
        File.WriteAllText(_path, """{ "tenants": { "A": {} } }""");

        Should.Throw<TenantsFileException>(() => new TenantsFile(_path, _house.Directory, _house.Time, _log))
            .Message.ShouldStartWith($"{_path}:1:16: tenants.A: ");
    }

    [Fact]
    public void A_missing_file_at_start_is_an_exception() =>
        Should.Throw<FileNotFoundException>(() => new TenantsFile(_path, _house.Directory, _house.Time, _log));

    [Fact]
    public void An_edit_in_place_is_taken_over()
    {
        Start("acme");

        Write(_path, "acme", "beta");
        _house.Time.Advance(AWhile);

        Names().ShouldBe(["acme", "beta"]);
    }

    [Fact]
    public void A_file_renamed_over_it_as_editors_do_is_taken_over()
    {
        Start("acme");

        Write(_path + ".new", "acme", "beta");
        File.Move(_path + ".new", _path, overwrite: true);
        _house.Time.Advance(AWhile);

        Names().ShouldBe(["acme", "beta"]);
    }

    [Fact]
    public void A_swap_of_the_folder_behind_links_as_Kubernetes_does_is_taken_over()
    {
        Write(Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "v1")).FullName, "tenants.json"), "acme");
        Write(Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "v2")).FullName, "tenants.json"), "acme", "beta");
        Directory.CreateSymbolicLink(Path.Combine(_folder, "..data"), "v1");
        File.CreateSymbolicLink(_path, "..data/tenants.json");
        _file = new(_path, _house.Directory, _house.Time, _log);
        Names().ShouldBe(["acme"]);

        Directory.CreateSymbolicLink(Path.Combine(_folder, "..new"), "v2");
        File.Delete(Path.Combine(_folder, "..data"));
        Directory.Move(Path.Combine(_folder, "..new"), Path.Combine(_folder, "..data"));
        _house.Time.Advance(AWhile);

        Names().ShouldBe(["acme", "beta"]);
    }

    [Fact]
    public void A_bad_edit_is_refused_logged_with_its_line_once_and_the_old_settings_stay()
    {
        Start("acme");

        File.WriteAllText(_path, "{\n  \"tenants\": {\n    \"Bad\": {}\n  }\n}");
        _house.Time.Advance(AWhile);
        _house.Time.Advance(AWhile);

        Names().ShouldBe(["acme"]);
        _log.At(LogLevel.Error).Count().ShouldBe(2);
        _log.At(LogLevel.Error).First().ShouldStartWith($"{_path}:3:5: tenants.Bad: ");
    }

    [Fact]
    public void An_edit_with_a_mistake_revokes_all_the_same_and_says_how_many_mistakes_there_are()
    {
        File.WriteAllText(_path, """{ "tenants": { "acme": { "users": { "ann": { "certificates": ["CN=ann"] }, "bob": { "certificates": ["CN=bob"] } } }, "beta": {} } }""");
        _file = new(_path, _house.Directory, _house.Time, _log);
        var changes = new List<TenantChange>();
        _house.Directory.Changed += changes.Add;

        File.WriteAllText(_path, """{ "tenants": { "acme": { "users": { "ann": { "certificates": ["CN=ann"] } }, "limits": { "conections": 1 } }, "beta": {} } }""");
        _house.Time.Advance(AWhile);

        changes.ShouldHaveSingleItem().RevokedUsers.ShouldBe(["bob"]);
        Names().ShouldBe(["acme", "beta"]);
        _house.Directory.Mistakes.ShouldBe(1);

        Write(_path, "acme", "beta");
        _house.Time.Advance(AWhile);
        _house.Directory.Mistakes.ShouldBe(0);
    }

    [Fact]
    public void An_edit_that_mends_a_bad_one_is_taken_over()
    {
        Start("acme");
        File.WriteAllText(_path, "{");
        _house.Time.Advance(AWhile);

        Write(_path, "acme", "beta");
        _house.Time.Advance(AWhile);

        Names().ShouldBe(["acme", "beta"]);
    }

    [Fact]
    public void A_file_that_is_gone_for_a_while_changes_nothing()
    {
        Start("acme");
        File.Delete(_path);
        _house.Time.Advance(AWhile);
        Names().ShouldBe(["acme"]);
        _log.At(LogLevel.Error).ShouldHaveSingleItem();

        Write(_path, "beta");
        _house.Time.Advance(AWhile);

        Names().ShouldBe(["beta"]);
    }

    [Fact]
    public void A_file_that_could_not_be_read_is_read_as_soon_as_that_is_possible_although_it_looks_the_same()
    {
        Start("acme");
        Write(_path, "acme", "beta");
        // A lock stands for rights that are missing, which a test that runs as root can't take away: the file is there and can't be opened.
        using (File.Open(_path, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            _house.Time.Advance(AWhile);
            _house.Time.Advance(AWhile);
            Names().ShouldBe(["acme"]);
            _log.At(LogLevel.Error).ShouldHaveSingleItem();
        }

        _house.Time.Advance(AWhile);

        Names().ShouldBe(["acme", "beta"]);
    }

    [Fact]
    public void Another_content_of_the_same_size_and_time_is_taken_over()
    {
        Start("acme");
        var written = File.GetLastWriteTimeUtc(_path);

        Write(_path, "beta");
        File.SetLastWriteTimeUtc(_path, written);
        _house.Time.Advance(TimeSpan.FromSeconds(12));

        Names().ShouldBe(["beta"]);
    }

    [Fact]
    public void A_file_that_is_to_be_read_again_is_read_at_once()
    {
        Start("acme");
        Write(_path, "beta");

        _file!.ReadAgain();

        Names().ShouldBe(["beta"]);
    }

    [Fact]
    public void After_disposal_nothing_is_read_any_more()
    {
        Start("acme");
        _file!.Dispose();

        Write(_path, "beta");
        _house.Time.Advance(AWhile);

        Names().ShouldBe(["acme"]);
    }

    private static void Write(string path, params string[] tenants) =>
        File.WriteAllText(path, $$"""{ "tenants": { {{string.Join(", ", tenants.Select(name => $"\"{name}\": {{}}"))}} } }""");

    private void Start(params string[] tenants)
    {
        Write(_path, tenants);
        _file = new(_path, _house.Directory, _house.Time, _log);
    }

    private IEnumerable<string> Names() => _house.Directory.Tenants.Select(tenant => tenant.Name).Order();
}
