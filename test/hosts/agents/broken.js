import 'a-module-that-is-not-there';
