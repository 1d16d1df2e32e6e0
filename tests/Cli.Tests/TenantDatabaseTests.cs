using System.Net;
using System.Net.Sockets;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Files;
using Starling.Cli.Commands;
using Starling.Testing.PostgreSql;

[assembly: AssemblyFixture(typeof(SharedPostgres))]

namespace Starling.Cli.Tests;

/// <summary><c>starling tenant</c> and <c>starling user</c> on a database.</summary>
public sealed class TenantDatabaseTests(SharedPostgres postgres) : IAsyncLifetime
{
    private const string Two = """
        {
          "tenants": { // two of them
            "acme": { "serverNames": ["acme.io"], "users": { "ann": { "certificates": ["CN=ann"] }, "bob": { "certificates": ["CN=bob"] } } },
            "zenith": { "anonymous": {} },
          }
        }
        """;

    private readonly string _file = Path.GetTempFileName();
    private string _database = "";

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        (await Cli.RunOnAsync(_database, "", "database", "migrate")).ExitCode.ShouldBe(0);
    }

    public ValueTask DisposeAsync()
    {
        File.Delete(_file);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Imported_tenants_are_listed_and_exported()
    {
        (await ImportAsync(Two)).ShouldBe(new Cli(0, $"{_file}: 2 tenants and 2 users are in the database\n", ""));

        (await RunAsync("tenant", "list")).ShouldBe(new Cli(
            0, "acme: 2 users, no anonymous clients, server names acme.io\nzenith: 0 users, anonymous clients allowed\n", ""));
        (await TenantsAsync()).ShouldBe(TenantsFileReader.Load(_file));
    }

    [Fact]
    public async Task Import_adds_and_replaces_and_with_prune_removes()
    {
        const string Less = """{ "tenants": { "acme": { "users": { "ann": { "certificates": ["CN=ann2"] } } } } }""";
        await ImportAsync(Two);

        await ImportAsync(Less);
        (await TenantsAsync()).Select(tenant => (tenant.Name, tenant.Users.Count)).ShouldBe([("acme", 2), ("zenith", 0)]);
        (await TenantsAsync())[0].Users[0].Certificates.ShouldHaveSingleItem().Value.ShouldBe("ann2");
        var pruned = await ImportAsync(Less, "--prune");

        pruned.Output.ShouldBe($"{_file}: 1 tenant and 1 user are in the database; 1 tenant and 1 user removed\n");
        (await TenantsAsync()).ShouldBe(TenantsFileReader.Load(_file));
    }

    [Fact]
    public async Task File_with_mistakes_is_not_imported_and_each_mistake_is_a_line()
    {
        var run = await ImportAsync("""{ "tenants": { "A": {}, "b": { "acl": 7 } } }""");

        run.ExitCode.ShouldBe(1);
        run.Error.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries).Select(line => line[..(_file.Length + 6)])
            .ShouldBe([$"{_file}:1:16:", $"{_file}:1:39:"]);
        (await TenantsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Thousand_tenants_are_imported()
    {
        var members = Enumerable.Range(0, 1000).Select(i => $$""" "t{{i}}": { "users": { "ann": { "certificates": ["CN=ann"] }, "bob": { "certificates": ["CN=bob"] } } } """);

        var run = await ImportAsync($"{{ \"tenants\": {{ {string.Join(',', members)} }} }}");

        run.Output.ShouldBe($"{_file}: 1000 tenants and 2000 users are in the database\n");
        (await TenantsAsync()).Count.ShouldBe(1000);
    }

    [Fact]
    public async Task User_is_set_step_by_step_listed_and_removed()
    {
        await ImportAsync(Two);

        (await Cli.RunOnAsync(_database, "secret\n", "user", "set", "zenith", "eve", "--password-stdin"))
            .ShouldBe(new Cli(0, "user 'eve' of tenant 'zenith' set\n", ""));
        (await Cli.RunOnAsync(_database, "secret\n", "user", "set", "zenith", "eve", "--scram", "--password-stdin")).ExitCode.ShouldBe(0);
        (await RunAsync("user", "set", "zenith", "eve", "--acl", """[{ "allow": "all", "filter": "e/#" }]""")).ExitCode.ShouldBe(0);
        (await RunAsync("user", "set", "zenith", "eve", "--certificate", "CN=e", "--certificate", "DNS=e.io")).ExitCode.ShouldBe(0);

        (await RunAsync("user", "list", "zenith")).Output.ShouldBe("eve: password, SCRAM, 2 certificates, 1 rule\n");
        (await RunAsync("user", "remove", "zenith", "eve")).Output.ShouldBe("user 'eve' of tenant 'zenith' removed\n");
        (await RunAsync("user", "list", "zenith")).ShouldBe(new Cli(0, "", ""));
    }

    [Fact]
    public async Task Tenant_is_removed_with_its_users()
    {
        await ImportAsync(Two);

        (await RunAsync("tenant", "remove", "acme")).Output.ShouldBe("tenant 'acme' removed\n");

        (await TenantsAsync()).ShouldHaveSingleItem().Name.ShouldBe("zenith");
    }

    [Theory]
    [InlineData("tenant remove nobody", "starling: the database has no tenant 'nobody'")]
    [InlineData("user list nobody", "starling: the database has no tenant 'nobody'")]
    [InlineData("user set nobody eve --certificate CN=e", "starling: the database has no tenant 'nobody'")]
    [InlineData("user remove acme eve", "starling: the database has no user 'eve' of a tenant 'acme'")]
    [InlineData("user set acme eve --certificate eve", "tenants.acme.users.eve.certificates[0]: expected CN=name, DNS=name or a SHA-256 thumbprint of 64 hex digits, not \"eve\"")]
    [InlineData("user set acme eve --acl []", "tenants.acme.users.eve: nobody can log in as this user: give it \"passwordHash\", \"scram\" or \"certificates\"")]
    [InlineData("user set acme eve --acl {", "starling: --acl is not JSON", 2)]
    public async Task What_can_not_be_done_is_one_line_and_changes_nothing(string arguments, string line, int exitCode = 1)
    {
        await ImportAsync(Two);
        var before = await TenantsAsync();

        (await RunAsync(arguments.Split(' '))).ShouldBe(new Cli(exitCode, "", line + Environment.NewLine));

        (await TenantsAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task Database_that_can_not_be_used_is_one_line_without_its_password()
    {
        string[] bad = [_database + ";Password=s3cret", "Host=127.0.0.1;Password=s3;cret;Database=d", "postgres://me:s3cret@host/db", ""];
        foreach (var database in bad)
        {
            var run = await Cli.RunOnAsync(database, "", "tenant", "list");

            run.ExitCode.ShouldBeInRange(1, 2);
            run.Error.ShouldStartWith("starling: ");
            run.Error.Count(c => c == '\n').ShouldBe(1);
            run.Error.ShouldNotContain("cret");
        }
    }

    [Fact]
    public async Task Option_goes_before_the_environment()
    {
        await ImportAsync(Two);

        (await Cli.RunOnAsync("Host=nowhere.invalid;Database=d;Username=u", "", "tenant", "list", "--database", _database)).ExitCode.ShouldBe(0);
    }

    [Theory]
    [InlineData("", 15)]
    [InlineData(";Timeout=4", 4)]
    [InlineData(";Timeout=0", 15)]
    [InlineData(";Timeout=x", 15)]
    public void Server_that_does_not_answer_is_waited_for_as_long_as_the_connection_string_says(string more, int seconds) =>
        TenantDatabase.Patience("Host=127.0.0.1;Database=d;Username=u" + more).ShouldBe(TimeSpan.FromSeconds(seconds));

    [Fact]
    public async Task Wait_for_a_server_that_is_not_there_ends_with_one_line()
    {
        using var nobody = new TcpListener(IPAddress.Loopback, 0);
        nobody.Start();
        var port = ((IPEndPoint)nobody.LocalEndpoint).Port;
        nobody.Stop();

        var run = await Cli.RunOnAsync($"Host=127.0.0.1;Port={port};Database=d;Username=u;Timeout=1", "", "tenant", "list");

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldEndWith("waited 1 s for it" + Environment.NewLine);
    }

    private Task<Cli> RunAsync(params string[] args) => Cli.RunOnAsync(_database, "", args);

    private async Task<Cli> ImportAsync(string text, params string[] more)
    {
        await File.WriteAllTextAsync(_file, text, TestContext.Current.CancellationToken);
        return await RunAsync(["tenant", "import", _file, .. more]);
    }

    private async Task<IReadOnlyList<TenantOptions>> TenantsAsync() =>
        TenantsFileReader.Read("export", System.Text.Encoding.UTF8.GetBytes((await RunAsync("tenant", "export")).Output));
}
