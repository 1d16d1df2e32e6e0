using Npgsql;
using NpgsqlTypes;
using Starling.LoadGenerator.Results;
using Starling.LoadGenerator.Statistics;

namespace Starling.LoadGenerator.Scenarios;

/// <summary>
/// Rows inserted into a table with a primary key by one connection, one prepared statement and one transaction after the other: what
/// PostgreSQL itself takes here.
/// </summary>
internal static class DatabaseScenario
{
    private const string Create = "drop table if exists rows_alone; create table rows_alone (id bigint primary key, body bytea not null)";

    public static Result Run(Scenario scenario, LoadOptions options)
    {
        var watch = options.Database ?? throw new InvalidDataException("no database was given (--database)");
        using var connection = new NpgsqlConnection(watch.ConnectionString);
        connection.Open();
        using (var create = new NpgsqlCommand(Create, connection))
            create.ExecuteNonQuery();

        var ids = new long[scenario.Count];
        var bodies = new byte[scenario.Count][];
        Array.Fill(bodies, new byte[scenario.Payload]);
        using var insert = new NpgsqlCommand("insert into rows_alone select * from unnest($1, $2)", connection);
        insert.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = ids, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        insert.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = bodies, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea });
        insert.Prepare();

        var next = 0L;
        var latency = new LatencyHistogram();
        Insert(options.WarmUp);
        latency = new LatencyHistogram();
        var measurement = new Measurement(options);
        var rows = Insert(options.Duration);
        var seconds = measurement.Seconds;
        var cores = measurement.GeneratorCores;
        return new Result
        {
            Broker = options.Broker,
            Scenario = scenario,
            PerSecond = rows / seconds,
            GeneratorCores = cores,
            Latency = Latency.Of(latency),
            Sent = next,
        }.WithDatabase(measurement.DatabaseUse, rows, rows);

        long Insert(TimeSpan time)
        {
            var start = Clock.Now;
            var before = next;
            while (Clock.SecondsSince(start) < time.TotalSeconds)
            {
                for (var i = 0; i < ids.Length; i++)
                    ids[i] = next++;
                var began = Clock.Now;
                insert.ExecuteNonQuery();
                latency.Record(Clock.Now - began);
            }

            return next - before;
        }
    }
}
