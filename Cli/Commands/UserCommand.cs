using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Starling.Broker.Tenants;
using Starling.Cli.Context;

namespace Starling.Cli.Commands;

/// <summary><c>starling user set | remove | list</c>: users of tenants in the database.</summary>
internal sealed class UserCommand
{
    private readonly Argument<string> _tenant = new("TENANT") { Description = "The user's tenant." };
    private readonly Argument<string> _user = new("USER") { Description = "The user's name, without the tenant." };

    private readonly Option<string[]> _certificates = new("--certificate")
    {
        Description = "A client certificate that is this user: CN=name, DNS=name or a SHA-256 thumbprint. May be repeated; replaces those before.",
    };

    private readonly Option<string?> _acl = new("--acl")
    {
        Description = "The user's rules as JSON, such as '[{\"allow\":\"publish\",\"filter\":\"a/#\"}]'; replaces those before.",
    };

    private readonly PasswordOptions _password;
    private readonly TenantDatabase _database;
    private readonly CliContext _context;

    private UserCommand(CliContext context)
    {
        _context = context;
        _password = new(context);
        _database = new(context);
    }

    public static Command Create(CliContext context) => new UserCommand(context).Create();

    private Command Create()
    {
        var set = new Command("set", "Add a user, or set what is given; a password is asked for unless certificates or rules are given without one.")
        {
            _tenant, _user, _database.Option, _certificates, _acl,
        };
        _password.AddTo(set);
        set.SetAction(SetAsync);
        var remove = new Command("remove", "Remove a user; the broker closes its connections.") { _tenant, _user, _database.Option };
        remove.SetAction(RemoveAsync);
        var list = new Command("list", "List the users of a tenant.") { _tenant, _database.Option };
        list.SetAction(ListAsync);
        return new("user", "Look after users of tenants in the database.") { set, remove, list };
    }

    private async Task<int> SetAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var (tenant, user) = (parsed.GetRequiredValue(_tenant), parsed.GetRequiredValue(_user));
        var definition = Definition(parsed, user).ToJsonString();
        if (!await _database.EditAsync(parsed, edit => edit.SetUserAsync(tenant, user, definition, cancellation), cancellation))
            throw new CliException($"the database has no tenant '{tenant}'");
        _context.WriteLine($"user '{user}' of tenant '{tenant}' set");
        return 0;
    }

    private JsonObject Definition(ParseResult parsed, string user)
    {
        JsonObject definition = [];
        if (parsed.GetValue(_certificates) is { Length: > 0 } certificates)
            definition["certificates"] = new JsonArray([.. certificates.Select(text => (JsonNode)text)]);
        if (parsed.GetValue(_acl) is { } acl)
            definition["acl"] = Rules(acl);
        if (definition.Count == 0 || _password.AreIn(parsed))
        {
            var (member, value) = _password.Read(parsed, user);
            definition[member] = value;
        }
        return definition;
    }

    private static JsonNode? Rules(string json)
    {
        try
        {
            return JsonNode.Parse(json);
        }
        catch (JsonException)
        {
            throw new CliException("--acl is not JSON", ExitCodes.Usage);
        }
    }

    private async Task<int> RemoveAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var (tenant, user) = (parsed.GetRequiredValue(_tenant), parsed.GetRequiredValue(_user));
        if (!await _database.EditAsync(parsed, edit => edit.RemoveUserAsync(tenant, user, cancellation), cancellation))
            throw new CliException($"the database has no user '{user}' of a tenant '{tenant}'");
        _context.WriteLine($"user '{user}' of tenant '{tenant}' removed");
        return 0;
    }

    private async Task<int> ListAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var name = parsed.GetRequiredValue(_tenant);
        var tenant = (await _database.ReadAsync(parsed, cancellation)).FirstOrDefault(tenant => tenant.Name == name)
            ?? throw new CliException($"the database has no tenant '{name}'");
        foreach (var user in tenant.Read().Users)
            _context.WriteLine(Summary(user));
        return 0;
    }

    private static string Summary(UserOptions user)
    {
        List<string> parts = [];
        if (user.PasswordHash is not null)
            parts.Add("password");
        if (user.Scram is not null)
            parts.Add("SCRAM");
        if (user.Certificates.Count > 0)
            parts.Add(TenantCommand.Count(user.Certificates.Count, "certificate"));
        parts.Add(TenantCommand.Count(user.Acl.Count, "rule"));
        return $"{user.Name}: {string.Join(", ", parts)}";
    }
}
