await HostedServer.Application.Build(args).RunAsync();
