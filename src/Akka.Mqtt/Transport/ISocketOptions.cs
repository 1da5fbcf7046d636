using System.Net.Sockets;

namespace Akka.Mqtt.Transport;

/// <summary>What is set on a socket, and when.</summary>
internal interface ISocketOptions
{
    /// <summary>On a socket that is about to listen.</summary>
    void BeforeListen(Socket socket);

    /// <summary>On a socket that is about to connect.</summary>
    void BeforeConnect(Socket socket);

    /// <summary>On a socket that was accepted or has connected.</summary>
    void AfterConnect(Socket socket);
}
