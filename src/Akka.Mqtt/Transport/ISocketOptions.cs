using System.Net.Sockets;

namespace Akka.Mqtt.Transport;

/// <summary>Sets options on sockets at the right time.</summary>
internal interface ISocketOptions
{
    /// <summary>Called for a socket that is about to listen.</summary>
    void BeforeListen(Socket socket);

    /// <summary>Called for a socket that is about to connect.</summary>
    void BeforeConnect(Socket socket);

    /// <summary>Called for a socket that was accepted or has connected.</summary>
    void AfterConnect(Socket socket);
}
