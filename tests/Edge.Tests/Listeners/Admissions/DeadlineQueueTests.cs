using Microsoft.AspNetCore.Connections;
using Starling.Edge.Configuration;
using Starling.Edge.Listeners.Admissions;
using Starling.Testing;

namespace Starling.Edge.Tests.Listeners.Admissions;

public sealed class DeadlineQueueTests
{
    private static readonly ListenerOptions Listener = new() { Name = "tcp", Type = ListenerType.Tcp, Port = 0 };

    [Fact]
    public void A_connection_that_cannot_be_closed_is_logged_and_the_others_still_expire()
    {
        var time = new ManualTime();
        var logger = new RecordingLogger<DeadlineQueue>();
        List<string> expired = [];
        using var queue = new DeadlineQueue(TimeSpan.FromSeconds(5), time, Expire, logger);
        queue.Add(Connection("bad"));
        queue.Add(Connection("good"));
        time.Advance(TimeSpan.FromSeconds(1));
        queue.Add(Connection("later"));

        time.Advance(TimeSpan.FromSeconds(4));
        expired.ShouldBe(["good"]);
        time.Advance(TimeSpan.FromSeconds(1));

        expired.ShouldBe(["good", "later"]);
        logger.Errors.ShouldBe(["Connection bad of listener tcp could not be closed at its deadline"]);

        void Expire(AdmittedConnection connection)
        {
            if (connection.Id == "bad")
                throw new InvalidOperationException();
            expired.Add(connection.Id);
        }
    }

    private static AdmittedConnection Connection(string id) =>
        new(new DefaultConnectionContext(id), Listener, admission: null!) { Stage = Stage.Connect };
}
