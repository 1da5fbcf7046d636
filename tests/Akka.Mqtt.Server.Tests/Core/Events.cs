using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Tests;

/// <summary>Keeps the events of a session.</summary>
internal sealed class Events : List<SessionEvent>, ISessionRecorder
{
    public void Record(SessionEvent happened) => Add(happened);
}
