using System.CommandLine;
using Starling.Cli.Context;
using Starling.Storage.PostgreSql;

namespace Starling.Cli.Commands;

/// <summary><c>starling database migrate | roles</c>.</summary>
internal sealed class DatabaseCommand
{
    private readonly TenantDatabase _database;
    private readonly CliContext _context;

    private DatabaseCommand(CliContext context)
    {
        _context = context;
        _database = new(context);
    }

    public static Command Create(CliContext context) => new DatabaseCommand(context).Create();

    private Command Create()
    {
        var migrate = new Command("migrate", "Bring the schema of the broker's database up to date.") { _database.Option };
        migrate.SetAction(MigrateAsync);
        var roles = new Command("roles", "Print SQL that makes a role for each part of the broker; for psql, as a superuser.");
        roles.SetAction(_ => Print());
        return new("database", "Look after the broker's database.") { migrate, roles };
    }

    private async Task<int> MigrateAsync(ParseResult parsed, CancellationToken cancellation)
    {
        _context.WriteLine($"{await _database.MigrateAsync(parsed, cancellation)}: the schema is up to date");
        return 0;
    }

    private int Print()
    {
        _context.WriteLine(DatabaseRoles.Script);
        return 0;
    }
}
